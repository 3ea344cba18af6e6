"""What a story may ask of the world, as protocols.  Adapters answer; a story never knows which."""
