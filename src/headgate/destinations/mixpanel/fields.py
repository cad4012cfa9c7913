"""The fields of Mixpanel's events."""

from __future__ import annotations

from datetime import datetime

from headgate.kit import Fields, Payload, each, field, path


class Campaign(Fields):
    utm_source: str | None = field("UTM source", "Where the person came from.")
    utm_medium: str | None = field("UTM medium", "By which medium.")
    utm_campaign: str | None = field("UTM campaign", "The name of the campaign.")
    utm_term: str | None = field("UTM term", "What was searched for.")
    utm_content: str | None = field("UTM content", "Which of several links it was.")


class AgentHints(Fields):
    mobile: bool | None = field("Mobile", "Whether it is a mobile device.")
    platform: str | None = field("Platform", "The operating system.")
    architecture: str | None = field("Architecture", "Of the processor; not sent.")
    bitness: str | None = field("Bitness", "Of the processor.")
    model: str | None = field("Model", "Of the device; not sent.")
    platform_version: str | None = field(
        "Platform version", "The version of the operating system.", key="platformVersion"
    )
    ua_full_version: str | None = field(
        "Full version", "The full version of the browser.", key="uaFullVersion"
    )
    wow64: bool | None = field("WOW64", "A 32-bit browser on 64-bit Windows.")


class Event(Payload):
    event: str = field("Event name", "What happened.", mapping=path("$.event"))
    distinct_id: str | None = field(
        "Distinct ID",
        "Whose event it is.",
        mapping=path("$.userId") | path("$.anonymousId"),
    )
    anonymous_id: str | None = field(
        "Anonymous ID",
        "The device's ID: Mixpanel joins it with the user's.",
        mapping=path("$.anonymousId"),
    )
    user_id: str | None = field("User ID", "The user's ID, if known.", mapping=path("$.userId"))
    group_id: str | None = field(
        "Group ID", "The group that the event belongs to.", mapping=path("$.context.groupId")
    )
    insert_id: str | None = field(
        "Insert ID",
        "Mixpanel keeps one of the events that come with the same ID. Without one, Headgate "
        "makes it of the event's message ID.",
        mapping=path("$.messageId"),
    )
    time: datetime | None = field(
        "Timestamp", "When it happened; now, unless mapped.", mapping=path("$.timestamp")
    )
    app_name: str | None = field(
        "App name", "The name of your app.", mapping=path("$.context.app.name")
    )
    app_namespace: str | None = field(
        "App namespace",
        "The bundle or package name of your app.",
        mapping=path("$.context.app.namespace"),
    )
    app_build: str | None = field(
        "App build", "The build of your app.", mapping=path("$.context.app.build")
    )
    app_version: str | None = field(
        "App version", "The version of your app.", mapping=path("$.context.app.version")
    )
    os_name: str | None = field(
        "OS name", "The operating system.", mapping=path("$.context.os.name")
    )
    os_version: str | None = field(
        "OS version", "The version of the operating system.", mapping=path("$.context.os.version")
    )
    device_id: str | None = field(
        "Device ID",
        "Not sent: Mixpanel's device ID is the anonymous ID.",
        mapping=path("$.context.device.id"),
    )
    device_type: str | None = field(
        "Device type", "What kind of device it is.", mapping=path("$.context.device.type")
    )
    device_name: str | None = field(
        "Device name", "What its owner calls the device.", mapping=path("$.context.device.name")
    )
    device_manufacturer: str | None = field(
        "Device manufacturer", "Who made the device.", mapping=path("$.context.device.manufacturer")
    )
    device_model: str | None = field(
        "Device model", "Which device it is.", mapping=path("$.context.device.model")
    )
    bluetooth: bool | None = field(
        "Bluetooth enabled", "Whether Bluetooth is on.", mapping=path("$.context.network.bluetooth")
    )
    carrier: str | None = field(
        "Carrier", "The mobile network.", mapping=path("$.context.network.carrier")
    )
    cellular: bool | None = field(
        "Cellular enabled",
        "Whether the mobile network is on.",
        mapping=path("$.context.network.cellular"),
    )
    wifi: bool | None = field(
        "Wi-Fi enabled", "Whether Wi-Fi is on.", mapping=path("$.context.network.wifi")
    )
    country: str | None = field(
        "Country", "Where the person is.", mapping=path("$.context.location.country")
    )
    region: str | None = field(
        "Region",
        "Not sent: Mixpanel takes the region from the IP address.",
        mapping=path("$.context.location.region"),
    )
    language: str | None = field(
        "Language", "The language of the device.", mapping=path("$.context.locale")
    )
    library_name: str | None = field(
        "Library name",
        "The library that made the event, sent as `mp_lib`.",
        mapping=path("$.context.library.name"),
    )
    library_version: str | None = field(
        "Library version", "The version of that library.", mapping=path("$.context.library.version")
    )
    ip: str | None = field("IP address", "Tells the place.", mapping=path("$.context.ip"))
    idfa: str | None = field(
        "Identifier for advertisers (IDFA)",
        "Apple's ID for advertising.",
        mapping=path("$.context.device.advertisingId") | path("$.context.device.idfa"),
    )
    url: str | None = field("URL", "The address of the page.", mapping=path("$.context.page.url"))
    screen_width: float | None = field(
        "Screen width", "In points.", mapping=path("$.context.screen.width")
    )
    screen_height: float | None = field(
        "Screen height", "In points.", mapping=path("$.context.screen.height")
    )
    screen_density: float | None = field(
        "Screen density", "Pixels for each point.", mapping=path("$.context.screen.density")
    )
    referrer: str | None = field(
        "Referrer", "The page before.", mapping=path("$.context.page.referrer")
    )
    user_agent: str | None = field(
        "User agent",
        "Tells the browser and its version.",
        key="userAgent",
        mapping=path("$.context.userAgent"),
    )
    advertising_id: str | None = field(
        "Advertising ID",
        "The device's ID for advertising.",
        mapping=path("$.context.device.advertisingId"),
    )
    ad_tracking_enabled: str | None = field(
        "Ad tracking enabled",
        "Whether the device allows tracking for advertising.",
        mapping=path("$.context.device.adTrackingEnabled"),
    )
    timezone: str | None = field(
        "Time zone", "The time zone of the device.", mapping=path("$.context.timezone")
    )
    app_platform: str | None = field(
        "App platform", "What your app runs on.", mapping=path("$.context.app.platform")
    )
    name: str | None = field(
        "Event original name",
        "Sent as `event_original_name`, where the mapping changes the name.",
        mapping=path("$.event") | path("$.name"),
    )
    event_properties: dict[str, object] | None = field(
        "Event properties",
        "They count for more than the properties made of the other fields.",
        mapping=path("$.properties"),
    )
    context: dict[str, object] | None = field(
        "Event context",
        "Tells events that came by way of Iterable.",
        hidden=True,
        mapping=path("$.context"),
    )
    utm_properties: Campaign | None = field(
        "UTM properties",
        "The campaign.",
        mapping={
            "utm_source": path("$.context.campaign.source"),
            "utm_medium": path("$.context.campaign.medium"),
            "utm_campaign": path("$.context.campaign.name"),
            "utm_term": path("$.context.campaign.term"),
            "utm_content": path("$.context.campaign.content"),
        },
    )
    user_agent_data: AgentHints | None = field(
        "User agent data",
        "What browsers tell beside the user agent.",
        key="userAgentData",
        mapping={
            name: path(f"$.context.userAgentData.{name}")
            for name in (
                "mobile",
                "platform",
                "architecture",
                "bitness",
                "model",
                "platformVersion",
                "uaFullVersion",
                "wow64",
            )
        },
    )


class Product(Fields, extra="allow"):
    product_id: str | None = field("Product ID", "Which product it is.")
    sku: str | None = field("SKU", "Its stock-keeping unit.")
    category: str | None = field("Category", "The kind of product.")
    name: str | None = field("Name", "What it is called.")
    brand: str | None = field("Brand", "Who makes it.")
    variant: str | None = field("Variant", "Which of its variants.")
    price: float | None = field("Price", "What one costs.")
    quantity: int | None = field("Quantity", "How many were bought.")
    coupon: str | None = field("Coupon", "A coupon for this product.")
    position: float | None = field("Position", "Its place in the list.")
    url: str | None = field("URL", "The address of the page.")
    image_url: str | None = field("Image URL", "The address of its picture.")


class Purchase(Event):
    generate_purchase_event_per_product: bool | None = field(
        "Generate purchase event per product",
        "Send one more event, `Product Purchased`, for each product of the order.",
        key="generatePurchaseEventPerProduct",
        mapping=True,
    )
    products: list[Product] | None = field(
        "Products",
        "What was bought.",
        open_to_others=True,
        mapping=each("$.properties.products", {name: path(name) for name in Product.model_fields}),
    )
