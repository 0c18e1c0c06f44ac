"""How each platform writes its exports, one file per platform; a new platform is a new file and one more name here.

A dialect says what headers and cells mean. Must not know what is made of the rows.
"""

from reflection.ingest.dialects.amazon import AMAZON
from reflection.ingest.dialects.apple import APPLE
from reflection.ingest.dialects.blended import BLENDED
from reflection.ingest.dialects.cm360 import CM360
from reflection.ingest.dialects.criteo import CRITEO
from reflection.ingest.dialects.dialect import Dialect
from reflection.ingest.dialects.dv360 import DV360
from reflection.ingest.dialects.ga4 import GA4
from reflection.ingest.dialects.google import GOOGLE
from reflection.ingest.dialects.linkedin import LINKEDIN
from reflection.ingest.dialects.marko import MARKO
from reflection.ingest.dialects.meta import META
from reflection.ingest.dialects.microsoft import MICROSOFT
from reflection.ingest.dialects.pinterest import PINTEREST
from reflection.ingest.dialects.snapchat import SNAPCHAT
from reflection.ingest.dialects.tiktok import TIKTOK
from reflection.ingest.dialects.trade_desk import TRADE_DESK
from reflection.ingest.dialects.warehouse import WAREHOUSE
from reflection.ingest.dialects.x import X

DIALECTS: tuple[Dialect, ...] = (
    META, GOOGLE, TIKTOK, LINKEDIN, MICROSOFT, PINTEREST, SNAPCHAT, APPLE, AMAZON, CM360, DV360, GA4, CRITEO,
    TRADE_DESK, X,
    MARKO, BLENDED, *WAREHOUSE,
)  # fmt: skip

__all__ = ["DIALECTS"]
