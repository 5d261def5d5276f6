"""What a person fills in on a form, checked by the client first and always again by us."""
# The package ships no types, so its classes are Any to mypy.
# mypy: allow-subclassing-any

from __future__ import annotations

from adaptivecards.baseobject import BareObject, Element, PropertyType

from cards.elements import Strict, Submit


class Input(Strict, Element):
    """What all inputs share since 1.3."""

    label = PropertyType(type=str)
    required = PropertyType(type=bool, key_name="isRequired")
    error = PropertyType(type=str, key_name="errorMessage")
    value = PropertyType(type=str)


class TextInput(Input):
    """Something to type."""

    element_type = "Input.Text"
    many_lines = PropertyType(type=bool, key_name="isMultiline")
    longest = PropertyType(type=int, key_name="maxLength")
    hint = PropertyType(type=str, key_name="placeholder")


class Choice(Strict, BareObject):
    """One row of a list."""

    title = PropertyType(type=str)
    value = PropertyType(type=str)


class ChoiceInput(Input):
    """A list to choose one row from."""

    element_type = "Input.ChoiceSet"
    choices = PropertyType(type=list)
    style = PropertyType(type=str)
    hint = PropertyType(type=str, key_name="placeholder")


class Send(Submit):
    """Sends a form; dialogs know no other action."""

    associated = PropertyType(type=str, key_name="associatedInputs")
