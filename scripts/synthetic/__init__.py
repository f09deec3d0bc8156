"""Invented invoices, drawn as PDF files, with what they say."""
