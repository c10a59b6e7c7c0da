"""The request bodies and query strings that Dub accepts, in the order in which it checks them."""

from dubadmin.sandbox.validation import (
    Check,
    date_or_none,
    day,
    email,
    flag,
    integer,
    metadata,
    nullish,
    one_of,
    optional,
    page_number,
    text,
    url,
)

PROCESSORS = ("stripe", "shopify", "polar", "paddle", "apple", "revenuecat", "dub", "custom")
INTERVALS = ("24h", "7d", "30d", "90d", "1y", "mtd", "qtd", "ytd", "all")
ORDERS = ("asc", "desc")
SORTS = ("createdAt", "saleAmount", "firstSaleAt", "subscriptionCanceledAt")
COMMISSION_STATUSES = str.split("pending processed paid refunded duplicate fraud canceled hold")
PARTNER_STATUSES = str.split(
    "pending approved rejected invited declined deactivated banned archived"
)
PARTNER_SORTS = str.split(
    "createdAt totalClicks totalLeads totalConversions totalSaleAmount totalCommissions "
    "netRevenue earningsPerClick averageLifetimeValue clickToLeadRate clickToConversionRate "
    "leadToConversionRate returnOnAdSpend"
)

Schema = dict[str, Check]
_any_text = optional(text())


def _texts(names: str) -> Schema:
    return dict.fromkeys(names.split(), _any_text)


def _paging(*, size: int) -> Schema:
    return {
        "endingBefore": _any_text,
        "startingAfter": _any_text,
        "page": optional(page_number()),
        "pageSize": optional(page_number(name="Page size", at_most=size), default=size),
    }


CREATE_CUSTOMER: Schema = {
    "email": nullish(email()),
    "name": nullish(text()),
    "avatar": nullish(url),
    "externalId": text(message="External ID is required"),
    "stripeCustomerId": nullish(text()),
    "country": text(),
}
UPDATE_CUSTOMER: Schema = {key: optional(check) for key, check in CREATE_CUSTOMER.items()}
UPDATE_CUSTOMER_SINCE_SEPTEMBER: Schema = {
    **UPDATE_CUSTOMER,
    "subscriptionCanceledAt": optional(date_or_none),
}

_CUSTOMER_FILTERS = _texts("email externalId search country linkId programId partnerId")
LIST_CUSTOMERS: Schema = {
    **_CUSTOMER_FILTERS,
    "includeExpandedFields": optional(flag, default=False),
    "sortBy": optional(one_of(SORTS), default="createdAt"),
    "sortOrder": optional(one_of(ORDERS), default="desc"),
    **_paging(size=100),
    "customerIds": _any_text,
}
COUNT_CUSTOMERS: Schema = {
    **_CUSTOMER_FILTERS,
    "groupBy": optional(one_of(("country", "linkId", "partnerId")), default=None),
}

_PERSON: Schema = {
    "customerName": nullish(text(at_most=100), default=None),
    "customerEmail": nullish(email(at_most=100), default=None),
    "customerAvatar": nullish(text(), default=None),
}
_metadata = nullish(metadata, default=None)
_trimmed = nullish(text(trim=True), default=None)
_bounded_id = text(trim=True, at_least=1, at_most=100, empty="customerExternalId is required")
TRACK_LEAD: Schema = {
    "clickId": _trimmed,
    "eventName": text(trim=True, at_least=1, at_most=255, empty="eventName is required"),
    "customerExternalId": _trimmed,
    **_PERSON,
    "mode": optional(one_of(("async", "wait", "deferred")), default="async"),
    "eventQuantity": nullish(integer(above=0, maximum=100), default=None),
    "metadata": _metadata,
    "externalId": _trimmed,
    "customerId": _trimmed,
}
TRACK_LEAD_AS_PUBLISHED: Schema = {
    **TRACK_LEAD,
    "clickId": text(trim=True),
    "customerExternalId": _bounded_id,
}
TRACK_SALE: Schema = {
    "customerExternalId": _trimmed,
    "amount": integer(
        message="amount is required", minimum=0, too_small="amount cannot be negative"
    ),
    "currency": optional(text(), default="usd"),
    "eventName": optional(text(at_most=255), default="Purchase"),
    "paymentProcessor": optional(one_of(PROCESSORS), default="custom"),
    "invoiceId": nullish(text(), default=None),
    "metadata": _metadata,
    "leadEventName": nullish(text(), default=None),
    "clickId": _trimmed,
    **_PERSON,
    "externalId": _trimmed,
    "customerId": _trimmed,
}
TRACK_SALE_AS_PUBLISHED: Schema = {**TRACK_SALE, "customerExternalId": _bounded_id}

EVENTS: Schema = {
    "event": optional(one_of(("clicks", "leads", "sales")), default="clicks"),
    **_texts(
        "domain key linkId externalId tenantId tagId folderId partnerTagId groupId partnerId "
        "customerId"
    ),
    "interval": optional(one_of(INTERVALS), default="30d"),
    "start": optional(day(since_founding=True), default=None),
    "end": optional(day(), default=None),
    **_texts(
        "timezone country city region continent device browser os trigger referer refererUrl url "
        "utm_source utm_medium utm_campaign utm_term utm_content"
    ),
    "root": optional(flag, default=None),
    "saleType": optional(one_of(("new", "recurring")), default=None),
    "query": optional(text(at_most=10_000), default=""),
    "programId": _any_text,
    "qr": optional(flag, default=None),
    "page": optional(page_number(), default=1),
    "limit": optional(page_number(name="Page size", at_most=1000), default=100),
    "sortOrder": optional(one_of(ORDERS), default="desc"),
    "sortBy": optional(one_of(("timestamp",)), default="timestamp"),
    "order": optional(one_of(ORDERS), default="desc"),
}

LIST_LINKS: Schema = {
    **_texts("domain tagId tagIds tagNames folderId search userId tenantId"),
    "showArchived": optional(flag, default=False),
    "withTags": optional(flag, default=False),
    **_paging(size=100),
    "sortBy": optional(
        one_of(("createdAt", "clicks", "saleAmount", "lastClicked")), default="createdAt"
    ),
    "linkIds": _any_text,
    "partnerId": _any_text,
}
FIND_LINK: Schema = _texts("domain key linkId externalId")

LIST_PARTNERS: Schema = {
    "groupId": _any_text,
    "status": optional(one_of(PARTNER_STATUSES), default=None),
    "country": _any_text,
    "sortBy": optional(one_of(PARTNER_SORTS), default="totalSaleAmount"),
    "sortOrder": optional(one_of(ORDERS), default="desc"),
    **_texts("email tenantId search"),
    "page": optional(page_number(), default=1),
    "pageSize": optional(page_number(name="Page size", at_most=100), default=100),
}
LIST_COMMISSIONS: Schema = {
    "type": _any_text,
    **_texts("customerId payoutId partnerId tenantId groupId partnerTagId invoiceId"),
    "status": optional(one_of(COMMISSION_STATUSES), default=None),
    "sortBy": optional(one_of(("createdAt", "amount")), default="createdAt"),
    "sortOrder": optional(one_of(ORDERS), default="desc"),
    "interval": optional(one_of(INTERVALS), default="all"),
    "start": optional(day(), default=None),
    "end": optional(day(), default=None),
    "timezone": _any_text,
    **_paging(size=100),
}
