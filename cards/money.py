"""Amounts and quantities as a person reads them: exact, with the ISO currency behind the number."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal, get_currency_precision

from cards.language import Language


def amount(value: Decimal, language: Language, currency: str = "") -> str:
    """Return `1,250.00 USD`; digits the ERP told beyond the currency's own are never rounded."""
    least = get_currency_precision(currency) if currency else 2
    number = _grouped(value, least, language)
    return f"{number} {currency}" if currency else number


def quantity(value: Decimal, language: Language, unit: str = "") -> str:
    """Return `12 BOX`, without decimals that say nothing."""
    return f"{_grouped(value, 0, language)} {unit}".strip()


def _grouped(value: Decimal, least: int, language: Language) -> str:
    exponent = value.normalize().as_tuple().exponent
    digits = max(least, -exponent if isinstance(exponent, int) else 0)
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return str(
        format_decimal(value, format=pattern, locale=language.code, decimal_quantization=False)
    )
