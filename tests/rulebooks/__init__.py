"""Commands about rulebooks and crowds, their pages, and how-to guides that are typed by a test."""
