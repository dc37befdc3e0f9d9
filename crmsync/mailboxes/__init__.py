"""How an e-mail leaves the house: one adapter per kind of mailbox, all with the protocol of `base`."""
