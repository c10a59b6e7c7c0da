"""What Dub publishes about its answers, as JSON Schema, by hand and compact."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
WEB: Schema = {"type": "string", "format": "uri"}
RECORD: Schema = {"type": "object"}
SAFE: Schema = {"type": "integer", "minimum": 0, "maximum": 9007199254740991}


def closed(*shapes: dict[str, Schema], **shape: Schema) -> Schema:
    """An object with these keys and no others; a key that ends in `_` may be absent."""
    properties = {name: each for part in (*shapes, shape) for name, each in part.items()}
    return {
        "type": "object",
        "properties": {name.rstrip("_"): each for name, each in properties.items()},
        "required": [name for name in properties if not name.endswith("_")],
        "additionalProperties": False,
    }


def each(names: str, schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


def maybe(schema: Schema) -> Schema:
    """Or null."""
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [schema["type"], "null"], **enum}


def one_of(values: str) -> Schema:
    return {"type": "string", "enum": values.split()}


def at_most(length: int) -> Schema:
    return {"type": "string", "maxLength": length}


def many(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


_CUSTOMER = {
    **each("id externalId createdAt", TEXT),
    **each("name_ email_ avatar_ stripeCustomerId_ country_", maybe(TEXT)),
    **each("sales_ saleAmount_", maybe(NUMBER)),
    **each("firstSaleAt_ subscriptionCanceledAt_", maybe(TEXT)),
}
CUSTOMER = closed(_CUSTOMER)
CUSTOMER_EXPANDED = closed(
    _CUSTOMER,
    link_=maybe(closed(each("id domain key url", TEXT), shortLink=WEB, programId=maybe(TEXT))),
    programId_=maybe(TEXT),
    partner_=maybe(
        closed(id=TEXT, name=at_most(190), email=maybe(at_most(190)), image=maybe(TEXT))
    ),
    discount_=maybe(
        closed(
            each("couponId couponTestId description_", maybe(TEXT)),
            id=TEXT,
            amount=NUMBER,
            type=one_of("percentage flat"),
            maxDuration=maybe(NUMBER),
            partnersCount_=maybe(NUMBER),
        )
    ),
)
CUSTOMER_DELETED = closed(id=TEXT)

LEAD_TRACKED = closed(
    click=closed(id=TEXT),
    link=maybe(
        closed(
            each("id domain key url", TEXT),
            each("partnerId programId tenantId externalId", maybe(TEXT)),
            shortLink=WEB,
        )
    ),
    customer=closed(each("name email avatar externalId", maybe(TEXT))),
)
SALE_TRACKED = closed(
    eventName=TEXT,
    customer=maybe(closed(each("name email avatar externalId", maybe(TEXT)), id=TEXT)),
    sale=maybe(
        closed(
            each("currency paymentProcessor", TEXT),
            amount=NUMBER,
            invoiceId=maybe(TEXT),
            metadata=maybe(RECORD),
        )
    ),
)

_TAG = closed(each("id name", TEXT), color=one_of("red yellow green blue purple brown gray pink"))
_VARIANT = closed(url=TEXT, percentage={"type": "number", "minimum": 10, "maximum": 90})
_LINK = {
    **each("id domain key url workspaceId projectId createdAt updatedAt", TEXT),
    **each("trackConversion archived proxy rewrite doIndex publicStats", FLAG),
    **each("externalId tenantId programId partnerId folderId userId tagId", maybe(TEXT)),
    **each("expiresAt disabledAt lastClicked", maybe(TEXT)),
    **each("password title description image video ios android comments", maybe(TEXT)),
    **each("utm_source utm_medium utm_campaign utm_term utm_content", maybe(TEXT)),
    **each("clicks leads conversions sales saleAmount", NUMBER),
    **each("shortLink qrCode", WEB),
    "geo": maybe({"type": "object", "additionalProperties": WEB}),
    "tags": maybe(many(_TAG)),
    "webhookIds": many(TEXT),
}
_VARIANTS = maybe({"type": "array", "minItems": 2, "maxItems": 4, "items": _VARIANT})
LINK = closed(
    _LINK,
    each("testStartedAt_ testCompletedAt_", maybe(TEXT)),
    testVariants_=_VARIANTS,
    expiredUrl=maybe(WEB),
)
_LINK_IN_EVENT = closed(
    _LINK,
    each("testStartedAt testCompletedAt", maybe(TEXT)),
    testVariants_=_VARIANTS,
    expiredUrl=maybe(TEXT),
)

_FORMER = {
    **each("click_id link_id domain key url continent country city device browser os ip", TEXT),
    "qr": NUMBER,
}
_CLICK = closed(
    each("id timestamp url country city region continent device browser os", TEXT),
    each("referer refererUrl ip", TEXT),
    each("ua_ trigger_", maybe(TEXT)),
    qr=FLAG,
)
_EVENT = {"timestamp": TEXT, "click": _CLICK, "link": _LINK_IN_EVENT, **_FORMER}
_CONVERSION = {
    **_EVENT,
    "eventId": TEXT,
    "eventName": TEXT,
    "metadata_": ANYTHING,
    "customer": CUSTOMER,
}
_SALE = closed(
    amount=SAFE,
    invoiceId=maybe(TEXT),
    paymentProcessor=one_of("stripe shopify polar paddle apple revenuecat dub custom"),
    currency=ANYTHING,
)
CLICK_EVENT = closed(_EVENT, event=one_of("click"))
LEAD_EVENT = closed(_CONVERSION, event=one_of("lead"))
SALE_EVENT = closed(
    _CONVERSION,
    each("invoice_id payment_processor", TEXT),
    event=one_of("sale"),
    sale=_SALE,
    saleAmount=NUMBER,
)

COMMISSION = closed(
    each("id currency createdAt updatedAt", TEXT),
    each("amount earnings quantity", NUMBER),
    each("invoiceId description userId_ paidAt", maybe(TEXT)),
    type_=one_of("click lead sale referral custom"),
    status=one_of("pending processed paid refunded duplicate fraud canceled hold"),
    partner=closed(
        each("image payoutsEnabledAt country groupId_", maybe(TEXT)),
        id=TEXT,
        name=at_most(190),
        email=maybe(at_most(190)),
    ),
    customer_=maybe(CUSTOMER),
)

_PARTNER_LINK = closed(
    each("id domain key url", TEXT),
    each("clicks leads conversions sales saleAmount", NUMBER),
    shortLink=WEB,
)
# Of `referralFormData` and `application`, which the sandbox never sends, only the outside.
PARTNER = closed(
    each("id programId partnerId createdAt", TEXT),
    each("username image country paypalEmail stripeConnectId tenantId", maybe(TEXT)),
    each("payoutsEnabledAt identityVerifiedAt", maybe(TEXT)),
    each("groupId_ clickRewardId_ leadRewardId_ saleRewardId_ referralRewardId_", maybe(TEXT)),
    each("discountId_ applicationId_ bannedAt_ trustedAt_", maybe(TEXT)),
    each("website_ youtube_ twitter_ linkedin_ instagram_ tiktok_", maybe(TEXT)),
    each("totalClicks totalLeads totalConversions totalSales totalSaleAmount", NUMBER),
    each("totalCommissions netRevenue", NUMBER),
    each("earningsPerClick_ averageLifetimeValue_ clickToLeadRate_", maybe(NUMBER)),
    each("clickToConversionRate_ leadToConversionRate_ returnOnAdSpend_", maybe(NUMBER)),
    name=at_most(190),
    email=maybe(at_most(190)),
    description_=maybe(at_most(5000)),
    companyName=maybe(at_most(190)),
    networkStatus=one_of("draft submitted approved rejected trusted"),
    defaultPayoutMethod=maybe(one_of("connect stablecoin paypal tremendous")),
    status=one_of("pending approved rejected invited declined deactivated banned archived"),
    bannedReason_=maybe(
        one_of("tos_violation inappropriate_content fake_traffic fraud spam brand_abuse")
    ),
    links=maybe(many(_PARTNER_LINK)),
    tags_=many(closed(each("id name", TEXT))),
    referralFormData_=maybe(RECORD),
    application_=maybe(RECORD),
)

# The published schema has one code for each status; Dub sends more (contract section 4).
ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": one_of(
                    "bad_request unauthorized forbidden exceeded_limit not_found conflict "
                    "invite_pending invite_expired unprocessable_entity rate_limit_exceeded "
                    "internal_server_error"
                ),
                "message": TEXT,
                "doc_url": TEXT,
            },
        }
    },
}
