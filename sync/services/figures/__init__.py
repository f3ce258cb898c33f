"""How are we doing? The figures of the home page and of `manage.py status`: one answer, taken once, cheap at any size.

Every query is bounded: partial indexes, counts that stop at a cap, estimates from PostgreSQL's own statistics. A
million
contacts or a hundred thousand parked entries change the numbers, not the time. `crm` adds its connections through
`far_side`. To add a figure: a field in `shapes`, a query in the module of its area, a line in `collect`.
"""

from sync.services.figures.collect import collect_figures
from sync.services.figures.shapes import Figures

__all__ = ["Figures", "collect_figures"]
