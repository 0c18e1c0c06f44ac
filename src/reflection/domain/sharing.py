"""What is asked to be shared by a link: one campaign's report or one learning, for some days. Must not know links."""

from typing import Annotated

from pydantic import Field, model_validator

from reflection.domain.campaign import CampaignId, Strict

MOST_DAYS = 365
LEARNING_ID = r"^lrn_[0-9a-f]{16}$"


class ShareRequest(Strict):
    """What is shared, and for how long: one of the two ids."""

    campaign_id: Annotated[CampaignId | None, Field(description="shares the report on this campaign")] = None
    learning_id: Annotated[str | None, Field(pattern=LEARNING_ID, description="shares this learning")] = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS, description="until it expires")] = 14

    @model_validator(mode="after")
    def _one(self) -> "ShareRequest":
        if (self.campaign_id is None) == (self.learning_id is None):
            raise ValueError("give a campaign_id or a learning_id")
        return self
