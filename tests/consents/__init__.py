"""Consents drawn up, compared, revised, negotiated and taken back."""
