"""The look in Gradio's own terms: one accent, quiet greys, the system's fonts. Rest: style.css."""

from gradio.themes.base import Base
from gradio.themes.utils import colors, sizes

FONTS = (
    "ui-sans-serif",
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)
MONO = (
    "ui-monospace",
    "SFMono-Regular",
    "Menlo",
    "Consolas",
    "DejaVu Sans Mono",
    "Noto Sans Mono CJK SC",
    "monospace",
)

PINE = colors.Color(
    name="pine",
    c50="#eef7f4",
    c100="#d6ece4",
    c200="#aedaca",
    c300="#7fc2ab",
    c400="#4ea58a",
    c500="#2f8a70",
    c600="#21705a",
    c700="#1c5a49",
    c800="#19483c",
    c900="#153b32",
    c950="#0a221d",
)


def theme() -> Base:
    """The theme of the page, light and dark."""
    base = Base(
        primary_hue=PINE,
        secondary_hue=PINE,
        neutral_hue=colors.stone,
        text_size=sizes.text_md,
        radius_size=sizes.radius_lg,
        spacing_size=sizes.spacing_md,
        font=FONTS,
        font_mono=MONO,
    )
    return base.set(
        body_background_fill="#f7f6f3",
        body_background_fill_dark="#171614",
        body_text_color="#24231f",
        body_text_color_dark="#eae7e1",
        body_text_color_subdued="#6b665e",
        body_text_color_subdued_dark="#a5a096",
        block_background_fill="#ffffff",
        block_background_fill_dark="#201f1c",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_text_weight="500",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1b1a17",
        input_border_color="#dcd8d0",
        input_border_color_dark="#3a3833",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        border_color_primary="#e4e0d8",
        border_color_primary_dark="#33312c",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#efece6",
        button_secondary_background_fill_hover="#e4e0d8",
        button_secondary_background_fill_dark="#2b2926",
        button_secondary_background_fill_hover_dark="#38352f",
        button_secondary_border_color="transparent",
        button_secondary_border_color_dark="transparent",
    )
