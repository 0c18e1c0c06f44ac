"""What a report of any platform calls its columns in any language, for those that are known by more than them.

Words that anybody could use tell nobody's table; they are read where a column, a line beside the table, its name or
the user says whose it is. Must not know tables.
"""

import re
from dataclasses import replace

from reflection.ingest.dialects.dialect import Dialect, Names, table
from reflection.ingest.dialects.words import WORDS

_PLAIN = ("date", "date_end", "account", "account_id", "campaign", "campaign_id", "audience", "audience_id", "creative",
          "creative_id", "objective", "impressions", "clicks", "spend", "currency")  # fmt: skip
_CONVERSIONS = re.compile(
    r"conv|konv|konw|конв|คอนเวอร์|dönüş|コンバージョン|전환|转化|chuyển đổi|המרות|التحويلات|μετατρ"
)
"""Words for conversions as such; what is counted by another name (orders, leads) is told by that name."""

_SOLD = frozenset({"sales", "total sales", "sale value"})

EVENTS: Names = table(
    conversion__purchase="purchases|orders|transactions|bestellungen|käufe|transaktionen|achats|commandes|compras|"
    "pedidos|acquisti|ordini|aankopen|bestellingen|zakupy|zamówienia|köp|beställningar|køb|ordrer|kjøp|bestillinger|"
    "ostot|tilaukset|nákupy|objednávky|satın almalar|siparişler|покупки|заказы|注文|注文数|購入|購入数|订单|"
    "订单数|购买|주문|주문수|구매|đơn hàng|pesanan|pembelian",
    conversion__lead="leads|lead|anfragen|prospects|prospectos|leady|лиды|リード|見込み客|리드|线索|潜在客户",
    conversion__app_install="installs|app installs|installationen|instalaciones|instalações|installazioni|installaties|"
    "instalacje|установки|インストール|インストール数|설치|安装|安装数",
    conversion__signup="sign ups|signups|registrations|registrierungen|anmeldungen|inscriptions|registros|cadastros|"
    "iscrizioni|rejestracje|регистрации|会員登録|가입|注册|注册数",
)
"""What is counted by a name of its own."""

NAMES: Names = {
    **{name: WORDS[name] for name in _PLAIN},
    "conversions": tuple(word for word in WORDS["conversions"] if _CONVERSIONS.search(word)),
    "revenue": tuple(word for word in WORDS["revenue"] if word not in _SOLD),
    **EVENTS,
}


def in_any_language(dialect: Dialect) -> Dialect:
    """A platform's dialect with the words that anybody could use, where the user says that it is the platform's."""
    return replace(dialect, names={**dialect.names, "": NAMES})


def report_of(platform: str, own: Dialect | None, evidence: str) -> Dialect:
    """A platform's report in any language.

    Args:
        own: how its exports are known to look, where they are.
        evidence: what says that it is the platform's, in words.
    """
    key = platform.casefold().replace(" ", "_")
    plain = own or Dialect(key=key, platform=platform, title=platform, names={})
    return replace(in_any_language(plain), evidence=evidence)
