"""The action that keeps companies up to date, and puts contacts into them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headgate.destinations.intercom.workspace import Workspace, intercom, members, one_contact
from headgate.kit import Http, Payload, Response, Retry, field, path


class Company(Payload):
    remote_created_at: datetime | None = field(
        "Company Creation Time",
        "When the company was created on your side.",
        mapping=path("$.traits.createdAt"),
    )
    external_id: str | None = field(
        "External ID", "Your ID of a user who belongs to the company.", mapping=path("$.userId")
    )
    email: str | None = field(
        "Email Address",
        "Finds the contact who belongs to the company, where there is no external ID.",
        format="email",
        mapping=path("$.traits.email"),
    )
    company_id: str = field(
        "Company ID",
        "Your ID of the company. It cannot be changed later.",
        mapping=path("$.groupId"),
    )
    contact_id: str | None = field(
        "Contact ID",
        "Intercom's ID of the contact who belongs to the company; nobody is searched for then.",
    )
    name: str | None = field("Company Name", "Its name.", mapping=path("$.traits.name"))
    monthly_spend: float | None = field(
        "Monthly Spend",
        "What the company brings in each month.",
        mapping=path("$.traits.monthly_spend"),
    )
    plan: str | None = field(
        "Company Plan", "The plan that the company has with you.", mapping=path("$.traits.plan")
    )
    size: float | None = field(
        "Company Size", "How many people work there.", mapping=path("$.traits.employees")
    )
    website: str | None = field(
        "Company Website", "The address of its site.", mapping=path("$.traits.website")
    )
    industry: str | None = field(
        "Industry", "The trade it is in.", mapping=path("$.traits.industry")
    )
    custom_attributes: dict[str, object] | None = field(
        "Custom Attributes",
        "Values of attributes of your own, which must exist in Intercom.",
        form="keyvalue",
    )


@intercom.action("Identify company", slug="groupIdentifyContact", trigger='type = "group"')
async def identify_company(http: Http, company: Company, workspace: Workspace) -> Response:
    """Create a company or change it, and put a contact into it."""
    contact = company.contact_id or await one_contact(
        http, workspace, external_id=company.external_id, email=company.email
    )
    said = members(company, "external_id", "email", "contact_id")
    response = await http.post(workspace.address("companies"), json=said)
    if contact is None:
        return response
    address = workspace.address("contacts", contact, "companies")
    return await http.post(address, json={"id": _id(response)})


def _id(response: Response) -> str:
    """Give the ID that Intercom has for the company."""
    answer: Any = response.json()
    found = answer.get("id") if isinstance(answer, dict) else None
    if not isinstance(found, str):
        raise Retry("Intercom did not say which company it is.", response=response)
    return found
