"""Values to bytes to digests, each expectation written out by hand."""

from __future__ import annotations

from writers.common import Vectors, plain_digest


def canonical() -> Vectors:
    """`input` is JSON text. Where it has a canonical form, its bytes and its digest as kind `vector`."""
    forms = {
        "empty-object": ("{}", "{}", "Nothing in it."),
        "empty-array": ("[]", "[]", "Nothing in it."),
        "null": ("null", "null", "A value that is no object."),
        "flags": ('{"a": true, "b": false}', '{"a":true,"b":false}', "Spaces go."),
        "keys-sorted": ('{"b": 1, "a": 2, "aa": 3, "": 4}', '{"":4,"a":2,"aa":3,"b":1}', "Keys are sorted."),
        "keys-utf-16": (
            '{"\\ud83d\\ude00": 1, "\\ue000": 2, "\\ufb33": 3, "z": 4}',
            '{"z":4,"\U0001f600":1,"\ue000":2,"\ufb33":3}',
            "By UTF-16 code units: U+1F600 begins with D83D and comes before U+E000. By code points it would be last.",
        ),
        "keys-case": ('{"a": 1, "B": 2}', '{"B":2,"a":1}', "Capital letters come first; no locale sorts."),
        "array-order": ("[3, 1, 2]", "[3,1,2]", "Arrays keep their order."),
        "nested": ('{"b": [{"d": 1, "c": [ ]}], "a": null}', '{"a":null,"b":[{"c":[],"d":1}]}', "All the way down."),
        "integer-largest": ("9007199254740991", "9007199254740991", "2^53 - 1."),
        "integer-smallest": ("-9007199254740991", "-9007199254740991", "-(2^53 - 1)."),
        "integer-zero": ("[0]", "[0]", "Nothing."),
        "text-short-escapes": (
            '"\\u0008\\u0009\\u000a\\u000c\\u000d\\u0022\\u005c"',
            '"\\b\\t\\n\\f\\r\\"\\\\"',
            "Seven characters have a short escape.",
        ),
        "text-control": ('"\\u0000\\u001F\\u007f"', '"\\u0000\\u001f\x7f"', "Other control characters in small hex."),
        "text-solidus": ('"\\/"', '"/"', "A solidus is not escaped."),
        "text-not-normalised": (
            '["\\u00e9", "e\\u0301"]',
            '["\u00e9","e\u0301"]',
            "Two spellings of one letter stay two; doors normalise to NFC before a fact is made.",
        ),
        "text-beyond-the-plane": ('"\\ud83c\\udfad"', '"\U0001f3ad"', "A pair of surrogates is one character."),
        "text-separators": ('"\\u2028\\u2029"', '"\u2028\u2029"', "Line separators stand as they are."),
        "depth-32": ("[" * 33 + "]" * 33, "[" * 33 + "]" * 33, "Thirty-three arrays: the innermost lies 32 deep."),
    }
    refused = {
        "refused-fraction": ('{"amount": 0.1}', "A fraction: two writers may print it differently."),
        "refused-fraction-whole": ("1.0", "Whole, but written with a point."),
        "refused-exponent": ("1e3", "Whole, but written with an exponent."),
        "refused-integer-large": ("9007199254740992", "2^53: not every reader keeps it."),
        "refused-integer-small": ("-9007199254740992", "-2^53."),
        "refused-surrogate": ('"\\ud800"', "Half of a surrogate pair."),
        "refused-surrogate-key": ('{"\\udc00": 1}', "Half of a surrogate pair, in a key."),
        "refused-surrogates-swapped": ('"\\ude00\\ud83d"', "Both halves, in the wrong order."),
        "refused-depth-33": ("[" * 34 + "]" * 34, "One array more than in depth-32."),
    }
    found: Vectors = {}
    for name, (given, written, about) in forms.items():
        data = written.encode()
        found[name] = {
            "about": about,
            "input": given,
            "expect": "canonical",
            "canonical_hex": data.hex(),
            "digest": plain_digest("vector", data),
        }
    for name, (given, about) in refused.items():
        found[name] = {"about": about, "input": given, "expect": "refused"}
    for name, kind in (("digest-kind-consent", "consent"), ("digest-kind-permit", "permit")):
        found[name] = {
            "about": "The same bytes under two kinds have two digests.",
            "input": "{}",
            "kind": kind,
            "expect": "canonical",
            "canonical_hex": b"{}".hex(),
            "digest": plain_digest(kind, b"{}"),
        }
    return found
