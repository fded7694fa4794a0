"""The workbench: one panel a stage. A panel draws what the view says and calls tools by name."""
