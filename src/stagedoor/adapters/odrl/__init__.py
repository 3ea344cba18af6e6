"""Reads ODRL documents: policies from JSON-LD, Turtle, N-Triples or RDF/XML; a request and a world from plain JSON.

No context is ever fetched; those of ODRL and of our profile lie beside this file.
"""

from __future__ import annotations

from stagedoor.adapters.odrl.circumstances import read_request, read_world, request_of, world_of
from stagedoor.adapters.odrl.jsonld import CONTEXT_URL, PROFILE_URL
from stagedoor.adapters.odrl.policies import read_policies

MEDIA_BY_SUFFIX = {
    ".jsonld": "application/ld+json",
    ".json": "application/ld+json",
    ".ttl": "text/turtle",
    ".nt": "application/n-triples",
    ".rdf": "application/rdf+xml",
    ".xml": "application/rdf+xml",
}
"""The media type that a file's name tells."""

__all__ = [
    "CONTEXT_URL",
    "MEDIA_BY_SUFFIX",
    "PROFILE_URL",
    "read_policies",
    "read_request",
    "read_world",
    "request_of",
    "world_of",
]
