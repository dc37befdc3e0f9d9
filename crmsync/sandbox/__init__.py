"""The sandbox CRM: a stand-in for HubSpot to try, demonstrate and test against, with faults on request.

Its own process and its own SQLite file; nothing of ours imports it, and it imports nothing of ours, so that
a test against it cannot pass because both sides share a mistake. It shows that we speak the documented
shapes. It proves nothing about the live service.
"""
