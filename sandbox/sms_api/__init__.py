"""An SMS provider in Twilio's style; what it is given lies in the inbox."""
