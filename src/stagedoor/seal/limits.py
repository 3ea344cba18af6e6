"""The numbers of the seal, each with its reason. A format number here is part of `spec/seal/README.md`.

Everything that is read from outside is bounded before memory or time is spent on it.
"""

from __future__ import annotations

# --- keys -------------------------------------------------------------------------------------------------------------

KEY_BYTES = 32
"""AES-256, X25519 and Ed25519 all take 32 bytes, and a share of a data key is as long as the key."""

TAG_BYTES = 16
"""The full tag of AES-GCM; shorter tags forge more easily and save nothing here."""

NONCE_BYTES = 12
"""The only nonce length for which GCM does not hash the nonce first."""

# --- streams ----------------------------------------------------------------------------------------------------------

CHUNK_BYTES = 1 << 20
"""1 MiB: AES-GCM runs at full speed, tags cost 0.0015 %, and a reader holds little unreleased plaintext."""

MIN_CHUNK_BYTES = 16
"""Lets tests and vectors show many chunks in little space; no security depends on it."""

MAX_CHUNK_BYTES = 16 << 20
"""A reader allocates two chunks before it has authenticated anything: a hostile header gets 32 MiB and no more."""

MAX_CHUNKS = (1 << 32) - 1
"""The counter has four bytes. Its last value stays unused, so that no arithmetic can ever wrap it to zero."""

MAX_OBJECT_BYTES = 1 << 44
"""16 TiB under one payload key are 2^40 AES blocks, which leaves a distinguishing advantage near 2^-48."""

MAX_CONTEXT_BYTES = 1024
"""A context names an asset; it is hashed, not stored, and nobody needs more than a name."""

SALT_BYTES = 32
"""One payload key per stream, even when one data key seals many: a repeat has odds of 2^-128 at 2^64 streams."""

COMMITMENT_BYTES = 32
"""AES-GCM alone lets one ciphertext open under two keys; a 256-bit commitment makes that a SHA-256 collision."""

NONCE_PREFIX_BYTES = 7
"""What the counter (4) and the last-chunk flag (1) leave of the nonce."""

MAX_OPEN_BYTES = 64 << 20
"""What `open_bytes` puts into memory unless its caller names more: enough for a sidecar, too little for a mishap."""

# --- envelopes, wraps and signatures ----------------------------------------------------------------------------------

MAX_ENVELOPE_PLAIN_BYTES = 64 << 10
"""Envelopes carry shares and small documents; large things are streams."""

MAX_WRAP_PLAIN_BYTES = 64 << 10
"""Wraps carry shares and private keys. One key must not wrap more than 2^32 times (random 96-bit nonces)."""

MAX_BINDINGS = 32
"""An envelope is bound to a permit, an epoch, an asset and their like."""

MAX_BINDING_BYTES = 1024
"""For each name and each value of a binding."""

OPENS_PER_ONE_TIME_KEY = 2
"""Two custodians, two shares, and then the key is gone."""

# --- key files --------------------------------------------------------------------------------------------------------

ARGON2_MEMORY_KIB = 64 << 10
ARGON2_ITERATIONS = 3
ARGON2_LANES = 4
"""The second recommended choice of RFC 9106 section 4 (64 MiB, 3 passes, 4 lanes): about 0.1 s on a laptop."""

ARGON2_MIN_MEMORY_KIB = 19 << 10
ARGON2_MIN_ITERATIONS = 2
ARGON2_MIN_LANES = 1
"""OWASP's least choice for Argon2id (19 MiB, 2 passes, 1 lane); a file that asks for less was weakened."""

ARGON2_MAX_MEMORY_KIB = 1 << 20
ARGON2_MAX_ITERATIONS = 16
ARGON2_MAX_LANES = 16
"""1 GiB and some ten seconds: a hostile file can ask for no more."""

KEYFILE_SALT_BYTES = 16
"""As RFC 9106 recommends."""

MAX_KEYFILE_BYTES = 64 << 10
MAX_KEYFILE_SECRETS = 64
MAX_SECRET_BYTES = 256
"""A key file holds a handful of 32-byte keys; the bounds leave room for hybrid ones' seeds."""

MAX_PASSPHRASE_BYTES = 1024
"""Long enough for a page of words."""
