"""The web container's health check: is `/healthz` a 200 under the host name the portal answers to? Prints what it got if not."""

import http.client
import os
import sys


def main() -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=5)
    host = os.environ["ALLOWED_HOSTS"].split(",")[0]
    connection.request("GET", "/healthz", headers={"Host": host})
    answer = connection.getresponse()
    if answer.status == http.HTTPStatus.OK:
        return 0
    print(answer.status, answer.read(500))
    return 1


if __name__ == "__main__":
    sys.exit(main())
