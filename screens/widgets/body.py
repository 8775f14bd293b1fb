"""The middle of a screen, page by page: nothing is cut, and nothing scrolls by itself."""

from textual.containers import VerticalScroll
from textual.message import Message
from textual.widget import Widget

from screens.widgets.field import Field


class Body(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Shows whole blocks only: one that would be cut is left out until its page comes.

    A block that is higher than a page goes on over the next ones, line after line. No key scrolls: the screen
    turns pages.
    """

    class Looked(Message):
        """What is on the page may have changed.

        `overflows` says whether there are other pages, `turned` whether somebody has just turned to this one.
        """

        def __init__(self, *, overflows: bool, turned: bool) -> None:
            """Say so."""
            super().__init__()
            self.overflows = overflows
            self.turned = turned

    _first: Widget | None = None
    """The block that the page begins with: it stays there when what stands above it grows or shrinks."""
    _wanted: Widget | None = None
    """What was to be seen: an answer that is marked grows, and may not be any more."""
    _turning = False

    def on_mount(self) -> None:
        """Look again whenever the page changes."""
        self.watch(self, "scroll_y", self._leave_out_cut, init=False)
        self.watch(self, "virtual_size", self._look_again, init=False)

    def on_resize(self) -> None:
        """Look again when there is more or less room."""
        self._look_again()

    def on_field_changed(self, message: Field.Changed) -> None:
        """Turn to the page on which somebody types."""
        if self.screen.focused is message.field and message.typed:
            self.show(message.field)

    @property
    def overflows(self) -> bool:
        """Whether there is more than one page."""
        return any(block.virtual_region.bottom > self._height for block in self._blocks())

    @property
    def at_end(self) -> bool:
        """Whether nothing comes after what is shown."""
        return not self._left_out()

    def turn(self) -> None:
        """Show the next page, the first after the last. A page begins with the first block that was left out."""
        rest = self._left_out()
        self._turning, self._wanted = True, None
        if not rest:
            self.begin_with(None)
        elif rest[0].virtual_region.y > self.scroll_offset.y:
            self.begin_with(rest[0])
        else:  # in the middle of a block that is higher than a page
            self._first = None
            self._go(self.scroll_offset.y + self._height)
            self._look_again()

    def begin_with(self, block: Widget | None) -> None:
        """Show the page that begins with `block`, or the first one; the last page may begin further up."""
        self._first = block or next(iter(self._blocks()), None)
        self._look_again()

    def put_above(self, block: Widget, part: Widget | None) -> None:
        """Move `block` above the one with `part`, or above all, and begin the page with it."""
        others = [other for other in self.children if other is not block]
        if others:
            self.move_child(block, before=(part and self.block(part)) or others[0])
        self._wanted = None
        self.begin_with(block)

    def block(self, part: Widget) -> Widget | None:
        """Give the child of this that `part` is, or is in."""
        inside: Widget | None = part
        while inside is not None and inside.parent is not self:
            inside = inside.parent if isinstance(inside.parent, Widget) else None
        return inside

    def shows(self, part: Widget) -> bool:
        """Whether `part` is on the page that is shown: all of it, or where it begins."""
        block = self.block(part)
        if block is None:
            return False
        top, region = self.scroll_offset.y, block.virtual_region
        return region.y >= top and min(region.bottom, region.y + self._height) <= top + self._height

    def show(self, part: Widget) -> None:
        """Turn to the page with `part` on it, if it is not to be seen."""
        self._wanted = part
        if self.shows(part):
            self._look_again()
        else:
            self.begin_with(self.block(part))

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    def _blocks(self) -> list[Widget]:
        return [child for child in self.displayed_children if child.virtual_region.height]

    def _left_out(self) -> list[Widget]:
        """Give the blocks that this page does not show to their end, from top to bottom."""
        bottom = self.scroll_offset.y + self._height
        return sorted(
            (block for block in self._blocks() if block.virtual_region.bottom > bottom),
            key=lambda block: block.virtual_region.y,
        )

    def _go(self, y: float) -> None:
        self.scroll_to(y=y, animate=False, force=True, immediate=True)

    def _go_to_first(self) -> None:
        first = self._first
        if first is not None and first.parent is self and first.display:
            y = 0 if first is next(iter(self._blocks()), None) else first.virtual_region.y
            y = min(y, self.max_scroll_y)
            if y != self.scroll_offset.y:
                self._go(y)

    def _look_again(self) -> None:
        """Look once everything has its new place."""
        self.call_after_refresh(self._find_place)

    def _find_place(self) -> None:
        """Begin with the block that the page began with, and leave out what would be cut."""
        self._go_to_first()
        wanted = self._wanted
        if wanted is not None and wanted.has_focus and not self.shows(wanted):
            self._first = self.block(wanted)
            self._go_to_first()
        self._leave_out_cut()
        self.post_message(self.Looked(overflows=self.overflows, turned=self._turning))
        self._turning = False

    def _leave_out_cut(self) -> None:
        top, height = self.scroll_offset.y, self._height
        for child in self.displayed_children:
            region = child.virtual_region
            whole = region.y >= top and region.bottom <= top + height
            child.set_class(not whole and region.height <= height, "-cut")
