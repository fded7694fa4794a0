"""Tool: the critic looks at every row again."""

from data.errors import NotReady
from data.say import say
from tools.contract import Context, Outcome, tool
from tools.dataset import table
from tools.dataset.critic import criticised


@tool(stage="dataset")
def critique(context: Context) -> Outcome:
    """Look for flaws in all rows on the table and mark them; no row is changed or dropped."""
    before = context.project.items()
    if not before:
        raise NotReady("needs_rows")
    items = criticised(before, table.brief_language(context), context.report)
    if items != before:
        context.project.write_items(items)
    waiting = table.flagged(items)
    key = "dataset.looked_flagged" if waiting else "dataset.looked_clean"
    said = say(key, context.language, count=len(items), flagged=len(waiting))
    limits = say("dataset.critic_limits", context.language)
    return Outcome(
        table.join([said, limits], context.language),
        table.card(items, waiting, context.language),
        table.counts(items),
    )
