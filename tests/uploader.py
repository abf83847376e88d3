"""A stranger who opens a tab without a browser and sends files to Streamlit's upload endpoint."""

import asyncio
import http.client
import re
from contextlib import closing
from uuid import uuid4

from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.visitor import OPEN_LIMIT, Visitor


class Uploader(Visitor):
    """One tab, whose session number it knows."""

    session = ""
    file = ""
    """The id of the file that was sent last."""

    def _take(self, message: ForwardMsg) -> None:
        if message.WhichOneof("type") == "navigation":
            self._script = message.navigation.page_script_hash
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
            self.file = str(uuid4())
            connection.request("PUT", f"/_stcore/upload_file/{self.session}/{self.file}", *_form(content, found[1]))
            return connection.getresponse().status

    async def hand_in(self, widget: str, content: bytes, name: str = "a.zip") -> None:
        """Send a file, and tell the widget of this id about it."""
        await asyncio.to_thread(self.put, content)
        info = UploadedFileInfo(file_id=self.file, name=name, size=len(content))
        state = FileUploaderState(uploaded_file_info=[info])
        self._widgets[widget] = WidgetState(id=widget, file_uploader_state_value=state)
        self._opened.clear()
        await self._rerun(page_script_hash=self._script)
        await asyncio.wait_for(self._opened.wait(), OPEN_LIMIT)


def _form(content: bytes, token: str) -> tuple[bytes, dict[str, str]]:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"_streamlit_xsrf={token}",
        "X-Xsrftoken": token,
    }
    return head + content + b"\r\n--x--\r\n", headers
