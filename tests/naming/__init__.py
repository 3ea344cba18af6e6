"""Names in prompts: vectors, measured rates, the register, files and commands."""
