"""A stranger who opens a tab without a browser and sends files to Streamlit's upload endpoint."""

import http.client
import re
from contextlib import closing
from uuid import uuid4

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.visitor import Visitor


class Uploader(Visitor):
    """One tab, whose session number it knows."""

    session = ""

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "new_session":
            self.session = message.new_session.initialize.session_id or self.session
        super()._take(message)

    def put(self, content: bytes) -> int:
        """Send a file as a browser does; return the HTTP status. It blocks: call it outside of the tab's loop."""
        with closing(http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)) as connection:
            connection.request("GET", "/_stcore/health")
            answer = connection.getresponse()
            answer.read()
            found = re.search("_streamlit_xsrf=([^;]+)", answer.headers.get("Set-Cookie", ""))
            assert found is not None
            connection.request("PUT", f"/_stcore/upload_file/{self.session}/{uuid4()}", *_form(content, found[1]))
            return connection.getresponse().status


def _form(content: bytes, token: str) -> tuple[bytes, dict[str, str]]:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    return head + content + b"\r\n--x--\r\n", headers
