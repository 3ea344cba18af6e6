"""What reviewers should not have to say: walls, sizes, forbidden words, dead links.  Every rule is seen to bite."""
