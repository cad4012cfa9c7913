"""The fields that actions of Amplitude share."""

from __future__ import annotations

from datetime import datetime

from headgate.kit import Fields, Payload, each, field, path

_ADVERTISING_ID = path("$.context.device.advertisingId") | path("$.context.device.idfa")


class Someone(Payload):
    """Who it is about."""

    user_id: str | None = field(
        "User ID",
        "Your ID of the person. Amplitude needs it or a device ID.",
        allow_null=True,
        mapping=path("$.userId"),
    )
    device_id: str | None = field(
        "Device ID",
        "What tells the device from others.",
        mapping=path("$.context.device.id") | path("$.anonymousId"),
    )


class WithShortIds(Payload):
    min_id_length: int | None = field(
        "Minimum ID length",
        "Amplitude drops shorter user and device IDs; 5 characters unless said.",
        allow_null=True,
    )


class AgentHints(Fields):
    model: str | None = field("Model", "The model of the device.")
    platform_version: str | None = field(
        "Platform version", "The version of the operating system.", key="platformVersion"
    )


class Context(Someone, WithShortIds):
    """The device, the place and the app; what is not mapped is not sent."""

    user_properties: dict[str, object] | None = field(
        "User properties",
        "Properties of the person. Operations such as `$set` and `$add` may be members.",
        mapping=path("$.traits"),
    )
    groups: dict[str, object] | None = field(
        "Groups", "Groups the person belongs to, by type of group. Part of a paid add-on."
    )
    app_version: str | None = field(
        "App version", "The version of your app.", mapping=path("$.context.app.version")
    )
    platform: str | None = field(
        "Platform",
        "iOS and Android are spelled as Amplitude does; without one, analytics.js means Web.",
        mapping=path("$.context.device.type"),
    )
    os_name: str | None = field(
        "OS name", "The operating system.", mapping=path("$.context.os.name")
    )
    os_version: str | None = field(
        "OS version", "The version of the operating system.", mapping=path("$.context.os.version")
    )
    device_brand: str | None = field(
        "Device brand", "The brand of the device.", mapping=path("$.context.device.brand")
    )
    device_manufacturer: str | None = field(
        "Device manufacturer", "Who made the device.", mapping=path("$.context.device.manufacturer")
    )
    device_model: str | None = field(
        "Device model", "Which device it is.", mapping=path("$.context.device.model")
    )
    carrier: str | None = field(
        "Carrier", "The mobile network.", mapping=path("$.context.network.carrier")
    )
    country: str | None = field(
        "Country", "Where the person is.", mapping=path("$.context.location.country")
    )
    region: str | None = field(
        "Region", "Where the person is.", mapping=path("$.context.location.region")
    )
    city: str | None = field(
        "City", "Where the person is.", mapping=path("$.context.location.city")
    )
    dma: str | None = field(
        "Designated market area", "Where the person is, in Nielsen's areas of the United States."
    )
    language: str | None = field(
        "Language", "The language of the device.", mapping=path("$.context.locale")
    )
    insert_id: str | None = field(
        "Insert ID", "Amplitude keeps one of what it gets twice with the same ID within 7 days."
    )
    library: str | None = field(
        "Library", "Decides about Web as the platform.", mapping=path("$.context.library.name")
    )
    user_agent: str | None = field(
        "User agent",
        "What the browser calls itself.",
        key="userAgent",
        mapping=path("$.context.userAgent"),
    )
    user_agent_parsing: bool | None = field(
        "User agent parsing",
        "Take the system and the device from the user agent, where nothing else says them.",
        key="userAgentParsing",
        mapping=True,
    )
    include_raw_user_agent: bool | None = field(
        "Include raw user agent",
        "Send the user agent itself, too.",
        key="includeRawUserAgent",
        mapping=False,
    )
    user_agent_data: AgentHints | None = field(
        "User agent data",
        "What browsers tell beside the user agent; it counts for more.",
        key="userAgentData",
        mapping={
            "model": path("$.context.userAgentData.model"),
            "platformVersion": path("$.context.userAgentData.platformVersion"),
        },
    )


class Campaign(Fields):
    utm_source: str | None = field("UTM source", "Where the person came from.")
    utm_medium: str | None = field("UTM medium", "By which medium.")
    utm_campaign: str | None = field("UTM campaign", "The name of the campaign.")
    utm_term: str | None = field("UTM term", "What was searched for.")
    utm_content: str | None = field("UTM content", "Which of several links it was.")


class Attribution(Payload):
    """Where the person came from: set as properties, and once more as the initial ones."""

    utm_properties: Campaign | None = field(
        "UTM properties",
        "The campaign. Becomes user properties, and initial ones if there are none yet.",
        mapping={
            "utm_source": path("$.context.campaign.source"),
            "utm_medium": path("$.context.campaign.medium"),
            "utm_campaign": path("$.context.campaign.name"),
            "utm_term": path("$.context.campaign.term"),
            "utm_content": path("$.context.campaign.content"),
        },
    )
    referrer: str | None = field(
        "Referrer",
        "The page before. Becomes a user property, and the initial one if there is none yet.",
        mapping=path("$.context.page.referrer"),
    )


class Identification(Context, Attribution):
    paying: bool | None = field("Is paying", "Whether the person pays.")
    start_version: str | None = field("Initial version", "The app's version when they started.")


class Sale(Fields, extra="allow"):
    """What something sold for; a product may have more members."""

    price: float | None = field("Price", "What one costs; negative for a refund.")
    quantity: int | None = field("Quantity", "How many were bought.")
    revenue: float | None = field(
        "Revenue", "Price times quantity. Counts only where one of these is missing."
    )
    product_id: str | None = field("Product ID", "Which product it is.", key="productId")
    revenue_type: str | None = field("Revenue type", "Such as tax or refund.", key="revenueType")


class Library(Fields):
    behavior: str | None = field(
        "Behavior", "Whether to send the mapping below.", choices=("auto", "use_mapping")
    )
    mapping: str | None = field("Library mapping", "What to call the library.")


class Event(Context):
    """What all three ways of logging an event have."""

    event_type: str = field("Event type", "The name of the event.", mapping=path("$.event"))
    session_id: str | None = field(
        "Session ID",
        "When the session began: a date, or milliseconds since 1970.",
        mapping=path("$.integrations.Actions Amplitude.session_id"),
    )
    time: datetime | None = field(
        "Timestamp",
        "When it happened; when Amplitude gets it, unless mapped.",
        mapping=path("$.timestamp"),
    )
    event_properties: dict[str, object] | None = field(
        "Event properties", "Properties of the event.", mapping=path("$.properties")
    )
    price: float | None = field(
        "Price", "What one costs; negative for a refund.", mapping=path("$.properties.price")
    )
    quantity: int | None = field(
        "Quantity", "How many were bought.", mapping=path("$.properties.quantity")
    )
    revenue: float | None = field(
        "Revenue",
        "Price times quantity. Counts only where one of these is missing.",
        mapping=path("$.properties.revenue"),
    )
    product_id: str | None = field(
        "Product ID",
        "Which product it is.",
        key="productId",
        mapping=path("$.properties.productId"),
    )
    revenue_type: str | None = field(
        "Revenue type",
        "Such as tax or refund.",
        key="revenueType",
        mapping=path("$.properties.revenueType"),
    )
    location_lat: float | None = field(
        "Latitude", "Where the person is.", mapping=path("$.context.location.latitude")
    )
    location_lng: float | None = field(
        "Longitude", "Where the person is.", mapping=path("$.context.location.longitude")
    )
    ip: str | None = field(
        "IP address",
        "Tells the place, unless that is mapped. `$remote` would be Headgate's own.",
        mapping=path("$.context.ip"),
    )
    idfa: str | None = field(
        "Identifier for advertisers (IDFA)", "Apple's ID for advertising.", mapping=_ADVERTISING_ID
    )
    idfv: str | None = field(
        "Identifier for vendors (IDFV)",
        "Apple's ID of the device for one vendor's apps.",
        mapping=path("$.context.device.id"),
    )
    adid: str | None = field(
        "Google Play advertising ID", "Android's ID for advertising.", mapping=_ADVERTISING_ID
    )
    android_id: str | None = field(
        "Android ID", "The ID of an Android device, where it is no advertising ID."
    )
    event_id: int | None = field("Event ID", "A number that orders events of the same moment.")
    library2: Library | None = field(
        "Library settings",
        "`use_mapping` sends what is mapped as the library, `auto` sends `segment`.",
        mapping={"behavior": "use_mapping", "mapping": path("$.context.library.name")},
    )
    products: list[Sale] | None = field(
        "Products",
        "What was bought.",
        open_to_others=True,
        mapping=each(
            "$.properties.products",
            {
                "price": path("price"),
                "revenue": path("revenue"),
                "quantity": path("quantity"),
                "productId": path("productId"),
                "revenueType": path("revenueType"),
            },
        ),
    )
    use_batch_endpoint: bool | None = field(
        "Use batch endpoint",
        "Send to the address for large amounts; its events are counted later.",
        mapping=False,
    )
