"""The keys that do the same on every step."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("escape", "back", show=False),
    Binding("enter", "go_on", show=False, priority=True),
    Binding("f1", "app.help", show=False),
    Binding("f2", "toggle_korean", show=False),
    Binding("f3", "contrast", show=False),
    Binding("f9", "app.staff", show=False),
    Binding("f10", "app.lost", show=False),
    Binding("pagedown", "turn", show=False),
    Binding("up,shift+tab", "move(-1)", show=False),
    Binding("down,tab", "move(1)", show=False),
]
