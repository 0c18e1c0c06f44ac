"""Three conversations that people start by name: what to ask for, in which order, and what not to claim."""


def plan_campaign(platform: str, budget: str, currency: str, goal: str) -> str:
    """Plan a campaign with what was learnt."""
    return (
        f"Plan a campaign on {platform} with {budget} {currency} for {goal}. First ask `recommend` and `what_works` "
        f"for {platform}; then write two or three plans that differ in one thing each and compare them with "
        "`evaluate_plans`. Show each plan's CPA or ROAS with its 90 % interval and its odds of reaching the target. "
        "Where `identified` is false say so, and name the test of `next_test` that would settle it. "
        "Store nothing without my word."
    )


def weekly_review(start: str, end: str) -> str:
    """Review the campaigns of a week."""
    return (
        f"Review the campaigns from {start} to {end}: `list_campaigns` for these days, `retrospective` for each that "
        "was better or worse beyond noise and for each that is held. Begin with what needs a decision, then what "
        "moved and why, then what is noise. Close with `recommend`: at most three actions, each with money, odds and "
        "evidence."
    )


def why_did_it_move(metric: str, campaign_id: str) -> str:
    """Explain why a figure of a campaign moved."""
    return (
        f"Why did {metric} of campaign {campaign_id} move? Ask `retrospective`; say first whether it moved beyond "
        "noise. Name the drivers with their contributions, then `recall` similar campaigns. An association is no "
        "cause: say so."
    )
