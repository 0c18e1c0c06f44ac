"""What a user says about an import, from a form, JSON or the command line, is the same to the importers."""

from typing import get_args

import pytest

from reflection.domain.planner_forecast import PREVIOUS_PERIOD, TRAILING_28D
from reflection.domain.validation import read
from reflection.errors import ImportFileError, InvalidInput
from reflection.ingest import ImportOptions, Templates
from reflection.ingest.jobs.request import ImportForm, ReadingOptions


def test_nothing_said_means_the_importers_own_choices():
    assert read(ReadingOptions, {}).options() == ImportOptions()


def test_references_have_the_same_names_everywhere():
    assert get_args(ReadingOptions.model_fields["expected"].annotation) == (PREVIOUS_PERIOD, TRAILING_28D)


def test_naming_conventions_replace_those_given_and_keep_the_others():
    options = read(ReadingOptions, {"campaign_names": "{year}_{platform}", "audience_names": ""}).options()

    assert options.templates == Templates(audience="", creative=Templates().creative, campaign="{year}_{platform}")


def test_a_form_says_everything_as_text_and_leaves_fields_empty():
    form = {
        "currency": "eur", "conversion_window": "28", "as_of": "2026-09-30", "dry_run": "true", "timezone": "",
        "group_by": "", "date_order": "", "mapping": "", "plan_mapping": '{"columns": {"campaign": "Projekt"}}',
    }  # fmt: skip
    request = read(ImportForm, form)
    options = request.options(plan_mapping=request.plan_columns())

    assert (options.currency, options.conversion_window, str(options.as_of)) == ("EUR", 28, "2026-09-30")
    assert (request.dry_run, options.timezone, options.group_by, request.columns()) == (True, None, "campaign", None)
    assert options.plan_mapping is not None
    assert options.plan_mapping.columns == {"campaign": "Projekt"}
    assert read(ImportForm, {"conversion_window": "", "currency": ""}).options() == ImportOptions()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"currency": "euro"}, "ISO code, such as EUR"),
        ({"currency": 7}, "currency"),
        ({"conversion_window": 0}, "conversion_window"),
        ({"group_by": "week"}, "group_by"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given, says):
    with pytest.raises(InvalidInput, match=says):
        read(ReadingOptions, given)


@pytest.mark.parametrize("text", ["{", '{"columns": {}}', '{"columns": {"nonsense": "x"}}'])
def test_a_mapping_that_is_none_is_refused(text):
    with pytest.raises((InvalidInput, ImportFileError)):
        read(ImportForm, {"plan_mapping": text}).plan_columns()
