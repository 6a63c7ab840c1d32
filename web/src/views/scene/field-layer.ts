// A field in the scene: coloured planes, painted surfaces, arrows.
import {
  BufferAttribute,
  BufferGeometry,
  ConeGeometry,
  CylinderGeometry,
  Data3DTexture,
  DataTexture,
  DataUtils,
  FloatType,
  Group,
  HalfFloatType,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LinearFilter,
  type Material,
  Mesh,
  NearestFilter,
  type Plane,
  RGBAFormat,
  type ShaderMaterial,
} from 'three';
import { mergeGeometries } from 'three/examples/jsm/utils/BufferGeometryUtils.js';
import type { Samples } from '../../model/data/field';
import { ACROSS, type FieldPlane, type FieldVolume } from '../../model/data/field-source';
import { type Lattice, thinPlane, warp } from '../../model/data/sampling';
import {
  arrowMaterial,
  FieldUniforms,
  type Look,
  planeMaterial,
  surfaceMaterial,
  type VolumeTextures,
} from './field-shader';

/** Lines of a plane in one direction: more cannot be told apart in a window. */
const MOST_LINES = 900;
const WARP = 1024;
/** Arrows that a slow computer draws while the view moves. */
const MOVING_ARROWS = 500;

/** Vectors of three numbers, whatever the samples have: a number becomes one along x. */
function vectors({ components }: Samples, values: Float32Array | undefined, count: number): Float32Array {
  if (!values) return new Float32Array(count * 3);
  if (components === 3) return values;
  const found = new Float32Array(count * 3);
  for (let at = 0; at < count; at += 1) found[at * 3] = values[at * components];
  return found;
}

function planeMesh(plane: FieldPlane, uniforms: FieldUniforms): Mesh {
  const { u, v, samples } = thinPlane(plane.u, plane.v, plane.samples, MOST_LINES);
  const [first, second] = ACROSS[plane.axis];
  const count = u.length * v.length;
  const positions = new Float32Array(count * 3);
  for (let j = 0; j < v.length; j += 1)
    for (let i = 0; i < u.length; i += 1) {
      const at = j * u.length + i;
      positions[at * 3 + plane.axis] = plane.at;
      positions[at * 3 + first] = u[i];
      positions[at * 3 + second] = v[j];
    }
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(positions, 3));
  geometry.setAttribute('re', new BufferAttribute(vectors(samples, samples.re, count), 3));
  geometry.setAttribute('im', new BufferAttribute(vectors(samples, samples.im, count), 3));
  const mesh = new Mesh(geometry, planeMaterial(uniforms));
  thinMesh(mesh, u.length, v.length, Number.POSITIVE_INFINITY);
  return mesh;
}

/** Lets a plane of so many points have at most so many triangles; points between are passed over. */
function thinMesh(mesh: Mesh, columns: number, rows: number, triangles: number): void {
  let step = 1;
  while (2 * Math.ceil(columns / step) * Math.ceil(rows / step) > triangles && step < Math.max(columns, rows))
    step *= 2;
  const { size, made = new Map<number, BufferAttribute>() } = mesh.userData as PlaneData;
  mesh.userData = { size: size ?? [columns, rows], made };
  const known = made.get(step) ?? new BufferAttribute(gridIndices(columns, rows, step), 1);
  made.set(step, known);
  if (mesh.geometry.index !== known) mesh.geometry.setIndex(known);
}

interface PlaneData {
  size?: [number, number];
  /** Triangles over every point, every second one, and so on, as far as they were needed. */
  made?: Map<number, BufferAttribute>;
}

/** Triangles over a grid of points of which every so many, and the last, are taken. */
function gridIndices(columns: number, rows: number, step: number): Uint32Array {
  const taken = (count: number) =>
    Array.from({ length: Math.ceil((count - 1) / step) + 1 }, (_, at) => Math.min(count - 1, at * step));
  const [across, along] = [taken(columns), taken(rows)];
  const indices: number[] = [];
  for (let j = 1; j < along.length; j += 1)
    for (let i = 1; i < across.length; i += 1) {
      const [low, high] = [along[j - 1] * columns, along[j] * columns];
      const [left, right] = [across[i - 1], across[i]];
      indices.push(high + right, high + left, low + right, high + left, low + left, low + right);
    }
  return Uint32Array.from(indices);
}

function volumeTexture(volume: FieldVolume, values: Float32Array | undefined, unit: number): Data3DTexture {
  const [nx, ny, nz] = volume.lines.map((line) => line.length);
  const count = nx * ny * nz;
  const { components } = volume.samples;
  const data = new Uint16Array(count * 4);
  if (values)
    for (let at = 0; at < count; at += 1)
      for (let one = 0; one < Math.min(3, components); one += 1)
        data[at * 4 + one] = DataUtils.toHalfFloat(values[at * components + one] / unit);
  const texture = new Data3DTexture(data, nx, ny, nz);
  texture.format = RGBAFormat;
  texture.type = HalfFloatType;
  texture.minFilter = LinearFilter;
  texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

function textures(volume: FieldVolume): VolumeTextures {
  const { lines, samples } = volume;
  let unit = 0;
  for (const values of [samples.re, samples.im ?? []])
    for (const value of values) unit = Math.max(unit, Math.abs(value));
  unit = unit || 1;
  const along = lines.map((line) => warp(line, WARP));
  const data = new Float32Array(WARP * 4);
  for (let at = 0; at < WARP; at += 1) for (let axis = 0; axis < 3; axis += 1) data[at * 4 + axis] = along[axis][at];
  const warped = new DataTexture(data, WARP, 1, RGBAFormat, FloatType);
  warped.minFilter = NearestFilter;
  warped.magFilter = NearestFilter;
  warped.needsUpdate = true;
  const steps = lines.map((line) => (line[line.length - 1] - line[0]) / Math.max(1, line.length - 1));
  return {
    re: volumeTexture(volume, samples.re, unit),
    im: volumeTexture(volume, samples.im, unit),
    warp: warped,
    min: lines.map((line) => line[0]) as [number, number, number],
    max: lines.map((line) => line[line.length - 1]) as [number, number, number],
    unit,
    outward: 0.5 * Math.min(...steps),
  };
}

/** An arrow of length 1 along z, its middle in the origin. */
function arrowGeometry(): BufferGeometry {
  const shaft = new CylinderGeometry(0.045, 0.045, 0.62, 6).translate(0, -0.19, 0);
  const head = new ConeGeometry(0.15, 0.38, 8).translate(0, 0.31, 0);
  const both = mergeGeometries([shaft, head]);
  both.rotateX(Math.PI / 2);
  return both;
}

/** The simplest that still points somewhere: three sides, which meet in the tip. */
function pointedGeometry(): BufferGeometry {
  const base = [0, 1, 2].map((side) => [Math.cos((side * 2 * Math.PI) / 3), Math.sin((side * 2 * Math.PI) / 3)]);
  const positions = [0, 0, 0.5, ...base.flatMap(([x, y]) => [0.12 * x, 0.12 * y, -0.5])];
  const normals = [0, 0, 1, ...base.flatMap(([x, y]) => [x, y, 0])];
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(Float32Array.from(positions), 3));
  geometry.setAttribute('normal', new BufferAttribute(Float32Array.from(normals), 3));
  geometry.setIndex([0, 1, 2, 0, 2, 3, 0, 3, 1]);
  return geometry;
}

/** Every so many vectors of three numbers. */
function every(step: number, vectors: Float32Array): Float32Array {
  if (step === 1) return vectors;
  const count = Math.ceil(vectors.length / 3 / step);
  return Float32Array.from({ length: count * 3 }, (_, at) => vectors[Math.floor(at / 3) * 3 * step + (at % 3)]);
}

/** Arrows, as they are to be seen at rest and, fewer, while the view moves. */
function arrowMesh({ points, step, samples }: Lattice, uniforms: FieldUniforms): Mesh {
  const count = points.length / 3;
  const [re, im] = [vectors(samples, samples.re, count), vectors(samples, samples.im, count)];
  const instanced = (one: BufferGeometry, each: number) => {
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute('position', one.getAttribute('position'));
    geometry.setAttribute('normal', one.getAttribute('normal'));
    geometry.setIndex(one.getIndex());
    geometry.instanceCount = Math.ceil(count / each);
    geometry.setAttribute('place', new InstancedBufferAttribute(every(each, points), 3));
    geometry.setAttribute('re', new InstancedBufferAttribute(every(each, re), 3));
    geometry.setAttribute('im', new InstancedBufferAttribute(every(each, im), 3));
    return geometry;
  };
  const whole = instanced(arrowGeometry(), 1);
  const simple = instanced(pointedGeometry(), Math.ceil(count / MOVING_ARROWS));
  const mesh = new Mesh<BufferGeometry>(whole, arrowMaterial(uniforms, step * 0.95));
  mesh.userData = { whole, simple };
  // The box of one arrow says nothing of where all are.
  mesh.frustumCulled = false;
  return mesh;
}

export class FieldLayer {
  readonly group = new Group();
  private readonly uniforms = new FieldUniforms();
  private readonly planes = new Group();
  private readonly arrows = new Group();
  private volume: VolumeTextures | undefined;
  /** What bodies are painted with while surfaces are shown: at rest, and in the plain way. */
  surface: { whole: ShaderMaterial; plain: ShaderMaterial } | undefined;

  constructor() {
    this.group.add(this.planes, this.arrows);
  }

  look(look: Look): void {
    this.uniforms.set(look);
  }

  showPlanes(planes: readonly FieldPlane[]): void {
    drop(this.planes);
    for (const plane of planes) this.planes.add(planeMesh(plane, this.uniforms));
  }

  showArrows(lattice: Lattice | undefined): void {
    drop(this.arrows);
    if (lattice) this.arrows.add(arrowMesh(lattice, this.uniforms));
  }

  showSurface(volume: FieldVolume | undefined, planes: Plane[]): void {
    this.surface?.whole.dispose();
    this.surface?.plain.dispose();
    for (const texture of [this.volume?.re, this.volume?.im, this.volume?.warp]) texture?.dispose();
    const made = volume && textures(volume);
    this.volume = made;
    const material = (plain: boolean) => made && surfaceMaterial(this.uniforms, made, planes, plain);
    const [whole, plain] = [material(false), material(true)];
    this.surface = whole && plain && { whole, plain };
  }

  /** True where it has no triangles of its own. */
  get empty(): boolean {
    return this.planes.children.length + this.arrows.children.length === 0;
  }

  /** For a frame of a view that moves, of about so many triangles in all; `Infinity` gives everything back. */
  lighten(triangles: number): void {
    const each = triangles / 2 / Math.max(1, this.planes.children.length);
    for (const mesh of this.planes.children as Mesh[])
      thinMesh(mesh, ...(mesh.userData as Required<PlaneData>).size, each);
    for (const mesh of this.arrows.children as Mesh[])
      mesh.geometry = Number.isFinite(triangles) ? mesh.userData.simple : mesh.userData.whole;
  }

  clip(planes: Plane[]): void {
    for (const material of [this.surface?.whole, this.surface?.plain]) if (material) material.clippingPlanes = planes;
  }

  dispose(): void {
    this.showPlanes([]);
    this.showArrows(undefined);
    this.showSurface(undefined, []);
    this.uniforms.dispose();
  }
}

function drop(group: Group): void {
  for (const child of [...group.children] as Mesh[]) {
    group.remove(child);
    child.geometry.dispose();
    child.userData.simple?.dispose();
    (child.material as Material).dispose();
  }
}
