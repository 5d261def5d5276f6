"""Which remarks read as if somebody meant to decide by them."""

from __future__ import annotations

import pytest

from bot.core.phrases import PHRASES, SIGNS, reads_like_decision

DECIDES = [
    *PHRASES,
    *sorted(SIGNS),
    "👍👍 ",
    "Approved",
    "APPROVED!!!",
    "ok, release",
    "Ok - release it please",
    "go ahead",
    "Yes, go ahead.",
    "good to go",
    "ok to pay",
    "I approve this bill, thanks",
    "please release the bill",
    "approved from my side ✅",
    "👍🏽",
    "Genehmigt.",
    "ja, freigegeben",
    "Bitte freigeben",
    "von mir aus kann raus",
    "Passt!",
    "Lehne ich ab",
    "approved\n",
]
MERELY_TALKS = [
    "",
    "   ",
    "do not approve",
    "don't release",
    "Please don't approve this yet",
    "approve?",
    "released?",
    "can this be released ?",
    "not approved",
    "never approve",
    "nope, release",
    "who approved this",
    "approved by Ben yesterday",
    "should I release",
    "I will approve once the PO matches",
    "approve 004512",
    "release notes",
    "@Ben approved",
    "approved $5",
    "see https://example.com/approved",
    "ok",
    "yes",
    "thanks",
    "please",
    "fine by me?",
    "unapproved",
    "pre-approved vendor",
    "nicht genehmigt",
    "bitte nicht freigeben",
    "noch nicht freigegeben",
    "genehmigt?",
    "passt nicht",
    "wer hat das genehmigt",
    "kann das raus?",
    "keine Freigabe",
    "approved " * 40,
    "approve or reject",
]


@pytest.mark.parametrize("remark", DECIDES)
def test_what_people_write_instead_of_pressing_reads_like_a_decision(remark: str) -> None:
    assert reads_like_decision(remark)


@pytest.mark.parametrize("remark", MERELY_TALKS)
def test_a_refusal_a_question_or_a_sentence_about_it_does_not(remark: str) -> None:
    assert not reads_like_decision(remark)
