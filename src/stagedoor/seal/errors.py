"""Every way in which a seal can be wrong, one class for each layer.

A layer is the part of a format that noticed. The vectors in `spec/seal/` name layers, so that a second
implementation can be held to fail for the same reason, and not merely to fail. No message ever holds key material,
plaintext or a passphrase: messages are written from lengths, counters and names only.

    SealError
      KeyMaterialError         key                  a raw key of the wrong length or kind
      LimitError               limit                more than `seal.limits` allows
      PipeError                pipe                 a source or sink that broke its side of the bargain
      StreamError
        HeaderError            header               not a sealed stream of this version
        CommitmentError        commitment           another key or another context than it was sealed with
        AuthError              chunk                a chunk was altered, moved or taken from another stream
        TruncatedError         truncated            the end is missing
        TrailingError          trailing             something follows the end
      ShareError               share                shares that cannot be the two halves of a key
      WrapError                wrap                 a wrapped value that does not open
      EnvelopeError            envelope             an envelope that is not for this key, purpose or binding
      SignatureError           signature            a signature, key or domain that does not verify
      KeyFileError             keyfile              a key file that cannot be written or read
        KeyFileVersionError    keyfile-version      written by another version
        KeyFileCostError       keyfile-cost         asks for more (or less) work than we are ready to do
        KeyFileDamagedError    keyfile-damaged      altered or broken
        KeyFilePassphraseError keyfile-passphrase   another passphrase
        KeyFilePermissionError keyfile-permission   others on this machine can read it
        KeyFileExistsError     keyfile-exists       a file is there already, and is never overwritten
      HygieneError             hygiene              the operating system refused to protect the process
"""

from __future__ import annotations

from typing import ClassVar


class SealError(Exception):
    """The root of all of them; `layer` is the word that the vectors use."""

    layer: ClassVar[str] = "seal"


class KeyMaterialError(SealError):
    """A raw key of the wrong length or kind."""

    layer = "key"


class LimitError(SealError):
    """More than `seal.limits` allows."""

    layer = "limit"


class PipeError(SealError):
    """A source or sink that broke its side of the bargain."""

    layer = "pipe"


class StreamError(SealError):
    """A sealed stream that does not open."""

    layer = "stream"


class HeaderError(StreamError):
    """Not a sealed stream of this version."""

    layer = "header"


class CommitmentError(StreamError):
    """Sealed under another key or for another context."""

    layer = "commitment"


class AuthError(StreamError):
    """A chunk was altered, moved or taken from another stream."""

    layer = "chunk"


class TruncatedError(StreamError):
    """The end of the stream is missing."""

    layer = "truncated"


class TrailingError(StreamError):
    """Something follows the end of the stream."""

    layer = "trailing"


class ShareError(SealError):
    """Shares that cannot be the two halves of a key."""

    layer = "share"


class WrapError(SealError):
    """A wrapped value that does not open."""

    layer = "wrap"


class EnvelopeError(SealError):
    """An envelope that is not for this key, purpose or binding."""

    layer = "envelope"


class SignatureError(SealError):
    """A signature, public key or domain that does not verify."""

    layer = "signature"


class KeyFileError(SealError):
    """A key file that cannot be written or read."""

    layer = "keyfile"


class KeyFileVersionError(KeyFileError):
    """Written by another version."""

    layer = "keyfile-version"


class KeyFileCostError(KeyFileError):
    """Asks for more or less work than we are ready to do."""

    layer = "keyfile-cost"


class KeyFileDamagedError(KeyFileError):
    """Altered or broken."""

    layer = "keyfile-damaged"


class KeyFilePassphraseError(KeyFileError):
    """Another passphrase."""

    layer = "keyfile-passphrase"


class KeyFilePermissionError(KeyFileError):
    """Others on this machine can read it."""

    layer = "keyfile-permission"


class KeyFileExistsError(KeyFileError):
    """A file is there already, and is never overwritten."""

    layer = "keyfile-exists"


class HygieneError(SealError):
    """The operating system refused to protect the process."""

    layer = "hygiene"
