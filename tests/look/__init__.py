"""Looking at a replica: the worker's answers, the local door, and the page in a browser."""
