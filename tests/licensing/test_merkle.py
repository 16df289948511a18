"""The Merkle tree: whoever shows a proof was among the contents, and nobody else."""

import contextlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import merkle

CONTENTS = st.lists(st.binary(max_size=40), min_size=1, max_size=33)


@given(CONTENTS)
def test_each_content_reaches_the_root_with_its_own_proof(contents):
    """For every number of contents, odd ones and repeated ones included."""
    root, proofs = merkle.root_and_proofs(contents)
    assert [merkle.root_with(*pair) for pair in zip(contents, proofs, strict=True)] == [
        root for _ in contents
    ]


@given(CONTENTS, st.binary(max_size=40), st.data())
def test_no_other_content_reaches_the_root(contents, stranger, data):
    """Whichever proof it borrows."""
    root, proofs = merkle.root_and_proofs(contents)
    proof = data.draw(st.sampled_from(proofs))
    assert stranger in contents or merkle.root_with(stranger, proof) != root


@given(CONTENTS, st.data())
def test_an_altered_proof_reaches_another_root_or_none(contents, data):
    """Every bit of a proof counts."""
    root, proofs = merkle.root_and_proofs(contents)
    place = data.draw(st.integers(0, len(contents) - 1))
    altered = bytearray(proofs[place])
    if not altered:
        return
    altered[data.draw(st.integers(0, len(altered) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(ValueError):
        same = merkle.root_with(contents[place], bytes(altered)) == root
        # Equal siblings may change sides: then the proof proves the same.
        assert not same or contents.count(contents[place]) > 1


def test_the_root_is_that_of_rfc_9162():
    """Computed by hand for three contents, from the prefixes of section 2.1.1."""
    first, second, third = (sha256(b"\0" + content).digest() for content in (b"a", b"b", b"c"))
    pair = sha256(b"\1" + first + second).digest()
    root, _ = merkle.root_and_proofs([b"a", b"b", b"c"])
    assert root == sha256(b"\1" + pair + third).digest()


def test_a_node_of_the_tree_does_not_pass_for_a_content():
    """The prefixes tell them apart: otherwise two digests side by side were a content, too."""
    root, _ = merkle.root_and_proofs([b"a", b"b"])
    inside = b"".join(sha256(b"\0" + content).digest() for content in (b"a", b"b"))
    assert merkle.root_with(inside, b"") != root


@pytest.mark.parametrize("proof", [b"\0", bytes(32), bytes(34), b"\2" + bytes(32)])
def test_a_proof_of_another_form_is_refused(proof):
    """A step has 33 bytes, and two sides."""
    with pytest.raises(ValueError, match="a proof"):
        merkle.root_with(b"a", proof)
