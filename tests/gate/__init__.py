"""What a studio, a gate or a sender could try against the stories, on a real PostgreSQL."""
