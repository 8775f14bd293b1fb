"""A step that is nothing but the parts a test gives it."""

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from screens.step import Step
from screens.visit import Visit


class Scene(Step):
    """Shows `parts` with the menu's question."""

    word = "menu"

    def __init__(self, visit: Visit, parts: Sequence[Widget], *, types_text: bool = True) -> None:
        super().__init__(visit)
        self.parts = parts
        self.types_text = types_text  # type: ignore[misc]
        self.chose: list[str] = []

    def middle(self) -> Iterable[Widget]:
        return self.parts

    def chosen(self, value: str) -> None:
        self.chose.append(value)
