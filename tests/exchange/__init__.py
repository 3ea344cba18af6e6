"""Consents in other people's formats, out without loss and in only to narrow."""
