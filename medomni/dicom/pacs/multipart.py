"""The one part of a multipart answer (RFC 2046, 5.1), as it was sent, or an error where its end did not come."""

from __future__ import annotations

from email.message import Message

HEAD_END = b"\r\n\r\n"


def only_part(body: bytes, content_type: str) -> bytes:
    """The content of the single part of a multipart/related answer; a plain application/dicom answer as it is.

    Args:
        body: of the HTTP answer.
        content_type: its Content-Type header.

    Raises:
        ValueError: where the type is another, the closing boundary is missing, or there is not one part.
    """
    header = Message()
    header["Content-Type"] = content_type
    if header.get_content_type() == "application/dicom":
        return body
    boundary = header.get_param("boundary")
    if header.get_content_maintype() != "multipart" or not isinstance(boundary, str):
        raise ValueError("no multipart answer")
    mark = b"--" + boundary.encode("ascii")
    start, end = body.find(mark), body.rfind(b"\r\n" + mark + b"--")
    head_end = body.find(HEAD_END, start)
    if start < 0 or end < 0 or not start < head_end < end:
        raise ValueError("the answer ends before its last part does")
    content = body[head_end + len(HEAD_END):end]
    if b"\r\n" + mark + b"\r\n" in content:
        raise ValueError("more parts than were asked for")
    return content
