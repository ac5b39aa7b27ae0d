"""Render a river with one coaster passing, wholly modelled by this script.

Draws what a fixed camera on the near bank sees, in daylight: moving water, a
far bank with stones, trees and houses, hazy hills, a sky with clouds.  The
water is empty for five seconds, then a coaster sails from left to right, and
soon after the nineteenth second the water is empty again.  No picture,
texture or model is loaded, and every random choice is seeded.

    blender --background --python render_river.py -- --out FRAMES_DIR
        [--every N] [--json FILE]

What stands still is rendered once, then water and vessel for each frame, and
frames that exist are skipped, so a broken-off run can be repeated.  With
--json nothing is rendered, but the time the vessel is in sight is written.
Written for Blender 3.4 with NumPy; Cycles on the CPU, without a denoiser: the
grain goes when the frames are encoded, as with (-pass 1, then -pass 2)

    ffmpeg -framerate 10 -i FRAMES_DIR/%04d.png
        -vf nlmeans=s=2:p=5:r=9,gblur=sigma=0.5,format=yuv420p
        -c:v libx264 -preset slow -b:v 375k -movflags +faststart river.mp4
"""
import argparse
import json
import math
import os
import sys
from itertools import product

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view

FPS, FRAMES, SEED, SAMPLES = 10, 240, 11, 9
EYE, SHORE = 11.0, 219.0             # camera height, far waterline (metres)
LANE, SPEED, MIDDLE = 112.0, 11.7, 12.0    # vessel: metres off, m/s, seconds
HALF, BEAM = 30.0, 5.2               # vessel: half length, half breadth
PAINT = dict(  # red, green, blue, roughness, dirt, grain, vertical stretch
    grass=(.11, .16, .04, .9, .5, .25, 1), bark=(.1, .075, .05, .9, .3, 1, 1),
    stone=(.19, .175, .14, .9, .7, 1.4, 1), glass=(.02, .027, .032, .08, .1,
                                                   1, 1),
    woods=(.06, .1, .04, .9, .6, .03, 1), leaf0=(.1, .16, .03, .7, .6, 0, 1),
    leaf1=(.06, .12, .03, .7, .6, 0, 1), leaf2=(.15, .17, .05, .7, .6, 0, 1),
    wall0=(.72, .69, .62, .8, .2, .6, 1), wall1=(.58, .47, .32, .8, .2, .6, 1),
    wall2=(.36, .18, .12, .8, .2, .6, 1), roof=(.26, .09, .06, .8, .4, 1.5, 1),
    red=(.15, .032, .022, .6, .5, .8, .3), deck=(.15, .07, .045, .8, .4, .8,
                                                 1),
    hull=(.016, .023, .045, .4, .4, .7, .15), white=(.62, .61, .575, .45, .25,
                                                     .6, .2),
    buff=(.5, .3, .09, .5, .2, .6, .5), steel=(.26, .28, .27, .5, .4, .6, .4),
    orange=(.75, .16, .03, .5, .2, .6, 1), box0=(.3, .05, .03, .5, .5, .8, .2),
    box1=(.04, .11, .26, .5, .5, .8, .2), box2=(.06, .17, .1, .5, .5, .8, .2),
    box3=(.38, .35, .31, .5, .5, .8, .2), box4=(.45, .17, .03, .5, .5, .8, .2))


def node(tree, kind, inputs, output=0, **settings):
    """Add a shader node, set or link its inputs, and return an output."""
    made = tree.nodes.new("ShaderNode" + kind)
    for name, value in settings.items():
        setattr(made, name, value)
    for name, value in inputs.items():
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, made.inputs[name])
        else:
            made.inputs[name].default_value = value
    return made.outputs[output] if made.outputs else None


def cleared(owner):
    owner.use_nodes = True
    owner.node_tree.nodes.clear()
    return owner.node_tree


def spots(tree, scale, low, high, stretch=1, detail=4.0):
    """Noise in the object's own space, spread between low and high."""
    place = node(tree, "Mapping", {"Vector": node(
        tree, "TexCoord", {}, "Object"), "Scale": (1, 1, stretch)})
    grain = node(tree, "TexNoise", {"Vector": place, "Scale": scale,
                                    "Detail": detail})
    return node(tree, "MapRange", {"Value": grain, 1: low, 2: high})


def distance(tree, start, end, low, high):
    far = node(tree, "CameraData", {}, "View Distance")
    return node(tree, "MapRange", {0: far, 1: start, 2: end, 3: low, 4: high})


def finish(tree, shader):
    """Veil the surface with haze by distance and hand it to the output."""
    glow = node(tree, "Emission", {0: (0.60, 0.70, 0.82, 1), 1: 0.7})
    veil = distance(tree, 60, 3800, 0.0, 0.8)
    node(tree, "OutputMaterial", {0: node(tree, "MixShader", {
        0: veil, 1: shader, 2: glow})})


def paint(name):
    """The material of that name, made on first use: uneven and dirty."""
    if name in bpy.data.materials:
        return bpy.data.materials[name]
    made = bpy.data.materials.new(name)
    tree, leaf = cleared(made), name.startswith("leaf")
    *colour, rough, dirt, grain, stretch = PAINT[name]
    uneven = (node(tree, "ObjectInfo", {}, "Random") if leaf else
              spots(tree, grain, 0.35, 0.68, stretch))
    tint = node(tree, "MixRGB", {0: uneven, 2: (*colour, 1), 1: (
        *(c * (1 - dirt) for c in colour), 1)})
    shader = node(tree, "BsdfPrincipled", {
        "Base Color": tint, "Roughness": rough, "Specular": 0.3})
    if leaf:
        shader = node(tree, "MixShader", {0: 0.3, 1: shader, 2: node(
            tree, "BsdfTranslucent", {0: tint})})
    finish(tree, shader)
    return made


def show(data, name="", spot=(0, 0, 0)):
    """Put a mesh, a lamp or a camera into the scene."""
    made = bpy.data.objects.new(name or data.name, data)
    made.location = spot
    bpy.context.collection.objects.link(made)
    return made


def grid(surface, x, y, z):
    """A smooth sheet through the points of three arrays."""
    i = np.arange(x.size).reshape(x.shape)
    faces = np.stack((i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]), -1)
    mesh = bpy.data.meshes.new("sheet")
    mesh.from_pydata(np.stack((x, y, z), -1).reshape(-1, 3).tolist(), [],
                     faces.reshape(-1, 4).tolist())
    mesh.materials.append(surface)
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    return show(mesh)


class Builder:
    """Collects painted faces and boxes for one mesh."""

    def __init__(self):
        self.points, self.faces, self.slots, self.paints = [], [], [], []

    def face(self, colour, *corners):
        if colour not in self.paints:
            self.paints.append(colour)
        first = len(self.points)
        self.points += [tuple(c) for c in corners]
        self.faces.append(list(range(first, len(self.points))))
        self.slots.append(self.paints.index(colour))

    def box(self, colour, x, y, z, a, b, c, top=(1, 1)):
        """An a x b x c box standing on (x, y, z); top scales its roof."""
        ring = np.array(((-a, -b), (a, -b), (a, b), (-a, b))) / 2
        low = [(x + u, y + v, z) for u, v in ring]
        high = [(x + u, y + v, z + c) for u, v in ring * top]
        self.face(colour, *high)
        for i, j in ((0, 1), (1, 2), (2, 3), (3, 0)):
            self.face(colour, low[i], low[j], high[j], high[i])

    def mesh(self):
        mesh = bpy.data.meshes.new("built")
        mesh.from_pydata(self.points, [], self.faces)
        for each in self.paints:
            mesh.materials.append(paint(each))
        mesh.polygons.foreach_set("material_index", self.slots)
        return mesh


class Waves:
    """A random sea: many sine waves, short ones lower than long ones."""

    def __init__(self, rng, count, short, long, slope, spread):
        k = 2 * np.pi / (short * (long / short) ** rng.random(count))
        way = 0.6 + rng.normal(0, spread, count)
        start, high = rng.random(count) * 6.283, slope / k * (2 / count) ** .5
        self.parts = list(zip(k, np.cos(way), np.sin(way), start, high))

    def level(self, x, y, seconds=0.0, cell=0.0):
        """Height at x, y; waves that cells of that size miss are left out."""
        return sum(high * np.exp(-(k * cell / 2.2) ** 2) * np.sin(
            k * u * x + k * v * y + start - math.sqrt(9.81 * k) * seconds)
            for k, u, v, start, high in self.parts)


class Water:
    """The river: a sheet fine near the camera, moved for every frame."""

    def __init__(self, rng):
        made = bpy.data.materials.new("water")
        tree = cleared(made)
        ripple = node(tree, "Bump", {
            "Height": spots(tree, 2.2, 0.0, 1.0, 1, 2.0), "Distance": 0.1,
            "Strength": distance(tree, 30, 160, 0.25, 0.0)})
        skin = node(tree, "BsdfPrincipled", {
            "Base Color": (0.028, 0.040, 0.030, 1), "IOR": 1.33, "Roughness":
            distance(tree, 30, 220, 0.06, 0.22), "Normal": ripple})
        white = node(tree, "BsdfDiffuse", {"Color": (0.7, 0.74, 0.75, 1)})
        foam = node(tree, "Attribute", {}, "Fac", attribute_name="foam")
        foam = node(tree, "Math", {0: foam, 1: spots(
            tree, 1.1, 0.36, 0.6)}, operation="MULTIPLY")
        finish(tree, node(tree, "MixShader", {0: foam, 1: skin, 2: white}))
        down, side = np.meshgrid(np.linspace(EYE / SHORE, 0.33, 420),
                                 np.linspace(-0.56, 0.56, 480), indexing="ij")
        self.y = EYE / down
        self.x, self.cell = side * self.y, self.y ** 2 / EYE * 0.0007
        self.waves = Waves(rng, 90, 0.5, 14, 0.095, 0.9)
        self.sheet = grid(made, self.x, self.y, self.y * 0)
        self.sheet.data.attributes.new("foam", "FLOAT", "POINT")

    def move(self, seconds, ship_x):
        """Waves of the wind, and bow wave and wake of the vessel."""
        x, y = self.x - ship_x, np.abs(self.y - LANE)
        bow, aft = HALF - 1 - x, -HALF + 1 - x
        crest = y - 0.42 * bow - 0.5
        fade = np.where(bow > 0, np.exp(-np.abs(bow) / 40), 0)
        swell = np.cos(1.2 * crest) * np.exp(-0.2 * np.abs(crest)) * fade
        z = self.waves.level(self.x, self.y, seconds, self.cell) + 0.4 * swell
        z += 0.7 * np.exp(-((bow - 3) / 3) ** 2 - (crest / 2) ** 2)
        track = np.exp(-np.abs(aft) / 28) * np.clip(2 - y / 3, 0, 1)
        flank = np.minimum(BEAM + 0.9, 1.6 + 0.6 * bow) - y
        track = np.where(aft > 0, track, np.clip(flank, 0, 1) * (
            0.45 + 0.55 * np.exp(-np.abs(bow - 3) / 6)))
        ridge = fade ** 2 * np.clip(1.5 - np.abs(crest), 0, 1)
        mesh, foam = self.sheet.data, np.maximum(track, ridge)
        mesh.vertices.foreach_set("co", np.stack(
            (self.x, self.y, z), -1).ravel())
        mesh.attributes["foam"].data.foreach_set("value", foam.ravel())
        mesh.update()


def sky_and_sun():
    """Nishita sky with soft clouds, and a soft sun behind the camera."""
    world = bpy.context.scene.world = bpy.data.worlds.new("sky")
    tree = cleared(world)
    sky = node(tree, "TexSky", {}, sky_type="NISHITA", sun_disc=False,
               dust_density=2.0, sun_elevation=math.radians(38),
               sun_rotation=math.radians(212))
    way = node(tree, "TexCoord", {})
    flat = node(tree, "Math", {0: node(tree, "SeparateXYZ", {0: way}, 2),
                               1: 0.12}, operation="ADD")
    flat = node(tree, "VectorMath", {0: way, 1: node(
        tree, "CombineXYZ", {0: flat, 1: flat, 2: 1.0})}, operation="DIVIDE")
    cloud = node(tree, "TexNoise", {"Vector": flat, "Scale": 0.9,
                                    "Detail": 8.0})
    cloud = node(tree, "MapRange", {0: cloud, 1: 0.47, 2: 0.75})
    shade = node(tree, "MixRGB", {0: cloud, 1: sky, 2: (7.5, 7.7, 8, 1)})
    node(tree, "OutputWorld", {0: node(tree, "Background", {
        "Color": shade, "Strength": 0.11})})
    world.cycles.sampling_method = "NONE"    # so that every ray asks the sun
    lamp = bpy.data.lights.new("sun", "SUN")
    lamp.energy, lamp.angle, lamp.color = 4.2, 0.02, (1.0, 0.93, 0.82)
    show(lamp).rotation_euler = (math.radians(52), 0, math.radians(-32))


def tree_shape(rng, leaf, high, wide):
    """A trunk and a crown of small leaf cards on overlapping blobs."""
    build = Builder()
    build.box("bark", 0, 0, -0.5, 0.7, 0.7, high * 0.6, (0.5, 0.5))
    for lift in rng.uniform(0.22, 0.85, 11):
        out = wide * 0.6 * (1.05 - abs(lift - 0.45))
        core = (*rng.normal(0, 0.5 * out, 2), high * lift)
        way, one, two = rng.normal(0, 1, (3, 330, 3))
        way *= rng.uniform(0.4, 0.85, (330, 1)) * out / np.linalg.norm(
            way, axis=1, keepdims=True)
        for spot, u, v in zip(core + way, one * 0.19, two * 0.17):
            build.face(leaf, spot - u, spot + v, spot + u, spot - v)
    return build.mesh()


def ground(rng):
    """The far bank's stones and meadow, and three ranges of hills."""
    rough = Waves(rng, 60, 1.2, 9, 0.35, 3)
    x, y = np.meshgrid(np.arange(-150, 150, 0.6), np.arange(-1, 6, 0.6))
    grid(paint("stone"), x, y + SHORE, y * 0.4 + rough.level(x, y))
    x, y = np.meshgrid(np.arange(-320, 320, 4.0), np.arange(3, 260, 4.0))
    grid(paint("grass"), x, y + SHORE, 1.5 + y * .02 + rough.level(x, y) * .3)
    for far, rise in ((700, 25), (1500, 80), (2900, 190)):
        line = Waves(rng, 40, 0.06, 1.6, 1.6, 3)
        x, y = np.meshgrid(np.linspace(-1, 1, 400), np.linspace(0, 1, 14))
        grid(paint("woods"), x * far, far * (1 + 0.3 * y), rise * y *
             (1 + 1.4 * line.level(x, y * 0.2)))


def houses_and_trees(rng):
    """Five houses on the far bank, and trees wherever they leave room."""
    build, homes = Builder(), ((-71, 13, 0), (-55, 9, 1), (18, 14, 0),
                               (37, 10, 2), (82, 12, 1))
    for x, wide, kind in homes:
        y, z, high = SHORE + 24 + 3 * kind, 1.8, 5.8 - kind
        build.box("wall%d" % kind, x, y, z, wide, 9, high)
        build.box("roof", x, y, z + high, wide + 1, 10.5, 4, (0.96, 0.02))
        build.box("roof", x + wide / 4, y, z + high + 2, 0.8, 0.8, 3)
        for i, lift in product(range(int(wide / 2.6)), (0.9, 3.5)):
            if lift + 1.3 < high:
                build.box("glass", x - wide / 2 + 1.6 + 2.6 * i, y - 4.5,
                          z + lift, 1.0, 0.2, 1.3)
    show(build.mesh())
    shapes = [tree_shape(rng, "leaf%d" % (i % 3), *size) for i, size in
              enumerate(((15, 6), (18, 6), (12, 6.5), (21, 5.5), (5, 4.5),
                         (4, 5)))]
    for i in range(430):
        x, row = rng.uniform(-150, 150), i % 5
        y = (10, 27, 43, 66, 100)[row] + rng.uniform(-3, 9)
        if row > 1 or all(abs(x - h[0]) >= h[1] * 0.5 + 6 for h in homes):
            kind = rng.choice((4, 5, 4, 5, 2)) if row == 0 else rng.integers(4)
            made = show(shapes[kind], "plant", (x, y + SHORE, 1.4 + y * 0.02))
            made.rotation_euler.z = rng.uniform(0, 6.3)
            made.scale = [rng.uniform(0.75, 1.15)] * 3


def hull(build):
    """Loft the painted hull with sheer, raked bow and rounded stern."""
    def spot(x, z, side):
        bow, stern = max(0, (x - 17) / 13), max(0, (-x - 22) / 8)
        z *= 1 if z < 1.2 else 1 + 0.3 * max(0, x / HALF) ** 3 + 0.1 * (
            x / HALF) ** 4 + 0.3 * min(1, max(0, x - 18))
        lift = min(1, max(0, z / 5))
        wide = (1 - bow ** (2 + lift)) * (1 - stern ** 3 * (0.5 - 0.3 * lift))
        return (x + max(0, z) * (0.28 * bow ** 2 - 0.15 * max(0, stern - 0.5)),
                side * BEAM * max(0.02, wide), z)

    xs = np.linspace(-HALF, HALF, 81)
    bands = ((-1.2, "red"), (0.9, "white"), (1.1, "hull"), (2.4, "hull"),
             (3.8, "white"), (4.0, ""))
    for a, b in zip(xs, xs[1:]):
        for ((low, colour), (top, _)), s in product(zip(bands, bands[1:]),
                                                    (-1, 1)):
            build.face(colour, spot(a, low, s), spot(b, low, s),
                       spot(b, top, s), spot(a, top, s))
        build.face("deck", spot(a, 3.1, -1), spot(b, 3.1, -1),
                   spot(b, 3.1, 1), spot(a, 3.1, 1))
    build.face("hull", spot(-HALF, -1, -1), spot(-HALF, 4, -1),
               spot(-HALF, 4, 1), spot(-HALF, -1, 1))


def cargo(box):
    """Hatch covers along the hold, and containers stowed on them."""
    for x in np.arange(-13.6, 16.5, 1.95):
        box("steel", x, 0, 3.1, 1.95, 8.2, 1.7)
        box("steel", x, 0, 3.1, 0.2, 8.7, 1.6)
        box("deck", x, 0, 4.8, 1.85, 8.5, 0.3)
    for i, y in product(range(4), (-2.6, 0, 2.6)):
        for tier in range((2, 2, 1, 2)[i]):
            colour = "box%d" % ((3 * i + 2 * tier) % 5)
            x, z = -10.2 + i * 6.6, 5.1 + tier * 2.6
            box(colour, x, y, z, 6.1, 2.44, 2.55)
            for rib in np.arange(-2.85, 3, 0.3):
                box(colour, x + rib, y - 1.22, z + 0.1, 0.14, 0.1, 2.3)


def vessel():
    """A small coaster: hull, cargo, deckhouse, funnel, boat, masts, rails."""
    build = Builder()
    box = build.box
    hull(build)
    cargo(box)
    for i, (x, long, wide) in enumerate(((-22.2, 10, 9.4), (-22.6, 8.6, 8.6), (
            -22.9, 7.4, 8), (-21.8, 5.6, 7.4))):
        z = 3.1 + 2.6 * i
        box("white", x, 0, z, long, wide, 2.5)
        box("white", x, 0, z + 2.5, long + 1.1, wide + 1, 0.15)
        for dx in np.arange(1.2, long - 0.8, 1.9) if i < 3 else ():
            box("glass", x - long / 2 + dx, -wide / 2, z + 1.2, 0.6, 0.1, 0.6)
    box("glass", -21.8, 0, 12, 5.75, 7.55, 0.95)
    for dx in np.arange(-2.7, 2.8, 1.08):
        box("white", -21.8 + dx, -3.78, 11.9, 0.16, 0.1, 1.1)
    box("white", -20.4, 0, 10.9, 1.8, 10.8, 1.1)
    box("buff", -26.8, 0, 8.3, 2.4, 2.8, 4.4, (0.85, 0.85))
    box("hull", -26.8, 0, 12.7, 2.1, 2.4, 0.8, (0.9, 0.9))
    box("orange", -29, -2.6, 4.6, 4.2, 1.7, 1.6, (0.75, 0.7))
    box("steel", 23.5, 0, 5, 3.4, 2.2, 1.4)
    for x, z, tall in ((-22, 13.5, 4.6), (24.5, 4.2, 8), (-25.4, 13, 2.6)):
        box("white", x, 0, z, 0.36, 0.36, tall, (0.6, 0.6))
        box("white", x, 0, z + tall * 0.4, 1.9, 3, 0.2)
        box("white", x + 0.2, 0, z + tall * 0.65, 0.9, 2, 0.15)
    for (x, end, y, z), side in product(((-29, 17, 4.5, 4), (
            -27.4, -17, 4.6, 5.8), (-26.8, -18, 4.3, 8.4)), (-1, 1)):
        for post in np.arange(x, end, 1.5):
            box("white", post, side * y, z, 0.07, 0.07, 1)
            for lift in (0.5, 0.95):
                box("white", post + 0.75, side * y, z + lift, 1.5, 0.06, 0.06)
    return show(build.mesh(), "vessel", (0, LANE, 0))


def settings():
    """Cycles on the CPU and a small picture of the shore camera's view."""
    scene = bpy.context.scene
    render, cycles = scene.render, scene.cycles
    render.engine, render.use_persistent_data = "CYCLES", True
    render.resolution_x, render.resolution_y = 640, 360
    cycles.use_denoising = cycles.use_adaptive_sampling = False
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 3.0
    cycles.max_bounces, scene.view_settings.view_transform = 2, "Filmic"
    scene.view_settings.look = "High Contrast"
    lens = bpy.data.cameras.new("shore")
    lens.angle, lens.clip_end = math.radians(48.5), 20000
    scene.camera = show(lens, "shore", (0, 0, EYE))
    scene.camera.rotation_euler.x = math.radians(87.8)
    return scene


def background(scene, movers, folder):
    """Render what stands still once, and lay the movers over it later."""
    path = os.path.join(folder, "background.exr")
    if not os.path.exists(path):
        scene.cycles.samples, scene.render.filepath = 8 * SAMPLES, path
        scene.render.image_settings.file_format = "OPEN_EXR"
        for each in movers:
            each.hide_render = True
        bpy.ops.render.render(write_still=True)
    scene.render.image_settings.file_format = "PNG"
    scene.cycles.samples, scene.render.film_transparent = SAMPLES, True
    for each in scene.objects:
        each.hide_render, each.is_holdout = False, each not in movers
    scene.use_nodes = True
    nodes, links = scene.node_tree.nodes, scene.node_tree.links
    still = nodes.new("CompositorNodeImage")
    over = nodes.new("CompositorNodeAlphaOver")
    still.image = bpy.data.images.load(path)
    links.new(still.outputs[0], over.inputs[1])
    links.new(nodes["Render Layers"].outputs[0], over.inputs[2])
    links.new(over.outputs[0], nodes["Composite"].inputs[0])


def place(ship, frame):
    ship.location.x = SPEED * (frame / FPS - MIDDLE)
    bpy.context.view_layer.update()


def in_sight(scene, ship):
    """Seconds from the first frame with the vessel to the last one's end."""
    seen = []
    for frame in range(FRAMES):
        place(ship, frame)
        spots_seen = (world_to_camera_view(
            scene, scene.camera, ship.matrix_world @ v.co)
            for v in ship.data.vertices)
        if any(0 <= c.x <= 1 and 0 <= c.y <= 1 for c in spots_seen):
            seen.append(frame)
    return [[seen[0] / FPS, (seen[-1] + 1) / FPS]]


def main():
    parser = argparse.ArgumentParser(prog="render_river.py")
    parser.add_argument("--out", default="frames")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--json")
    args = parser.parse_args(sys.argv[sys.argv.index("--") + 1:]
                             if "--" in sys.argv else [])
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene, ship, rng = settings(), vessel(), np.random.default_rng(SEED)
    if args.json:
        with open(args.json, "w", encoding="ascii") as file:
            json.dump({"fps": FPS, "frames": FRAMES, "vessel_in_sight_s":
                       in_sight(scene, ship)}, file)
        return
    sky_and_sun()
    ground(rng)
    houses_and_trees(rng)
    water, folder = Water(rng), os.path.abspath(args.out)
    background(scene, (ship, water.sheet), folder)
    for frame in range(0, FRAMES, args.every):
        scene.render.filepath = os.path.join(folder, "%04d.png" % frame)
        if not os.path.exists(scene.render.filepath):
            place(ship, frame)
            scene.cycles.seed = SEED + frame
            water.move(frame / FPS, ship.location.x)
            bpy.ops.render.render(write_still=True)


main()
