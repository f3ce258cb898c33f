"""The choices of one list filter as a row of links above the list: one click instead of opening the filters."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("console/admin/quick_tabs.html")
def quick_tabs(cl: Any, parameter: str) -> dict[str, Any]:
    """`cl` is the admin's change list; `parameter` the filter's name in the address."""
    spec = next((s for s in cl.filter_specs if getattr(s, "parameter_name", "") == parameter), None)
    return {"choices": list(spec.choices(cl)) if spec else []}
