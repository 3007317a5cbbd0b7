"""The one drawing room of the page, the PDF, the command line and the notebooks.

Every picture has square millimetres, letters of the sides and a scale bar; side comes from the affine alone.
"""

from medomni.draw.outlines import PALETTE, colour_of
from medomni.draw.planes import LETTERS, Plane, edge_letters, slice_count
from medomni.draw.sheets import Tile, contact_sheet, sheet_image, tiles_image
from medomni.draw.slices import WINDOWS, draw_slice, png, slice_image
from medomni.draw.three import three_planes, three_planes_image

__all__ = ["LETTERS", "PALETTE", "Plane", "Tile", "WINDOWS", "colour_of", "contact_sheet", "draw_slice", "edge_letters",
           "png", "sheet_image", "slice_count", "slice_image", "three_planes", "three_planes_image", "tiles_image"]
