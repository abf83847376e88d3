"""Every use of a private part of Streamlit, and each workaround for one of its faults.

Names of elements in Streamlit's page, which it may change, stand elsewhere, too: in `dashboard/shell/frame.css` and, to
take a file that was refused out of an upload, in `dashboard/components/picture_intake/picture_intake.js`.

`guard` says what happens where Streamlit is different; `script_runs` is what a run asks and orders, `schedule` when
runs happen, `sent_messages` what a browser is sent, `widget_values` and `uploaded_files` what it sends, `web_server`
the server itself, and `spared_work` what it does once instead of in every run.

All were written for Streamlit 1.67.0. Where a later version has no such part, or one of another form, the function logs
one warning when it is called and does nothing more: pages still work, without what its docstring describes. What it has
put into Streamlit's classes is not guarded again at each of their calls.
"""
