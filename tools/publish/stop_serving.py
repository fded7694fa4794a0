"""Stop the project's local servers."""

from data.say import say
from tools import jobs
from tools.contract import Context, Outcome, tool
from tools.publish.serve import serving


@tool(stage="publish")
def stop_serving(context: Context) -> Outcome:
    """Stop serving the published model on this computer. The bundle stays."""
    servers = serving(context.project)
    for job in servers:
        jobs.end(job.folder)
    key = "stopped" if servers else "nothing_served"
    return Outcome(say(f"publish.{key}", context.language), facts={"stopped": len(servers)})
