// The month sheet.
