// How bodies are drawn while a slow computer turns them: the light is worked out at the corners and not at each
// pixel, and what a section opens shows the colour of the cut.
import { Color, DoubleSide, type Plane, ShaderMaterial, SRGBColorSpace } from 'three';

/** The lights of the scene, as they fall on its bodies. */
export const LIGHTS = { sky: 2.1, ground: '#9aa4b0', all: 0.7, eye: 1.5 };

const VERTEX = `
  #include <clipping_planes_pars_vertex>
  uniform vec3 colour;
  uniform vec3 glow;
  uniform vec3 ground;
  varying vec3 vFront;
  varying vec3 vBack;
  vec3 lit(vec3 normal) {
    float up = 0.5 * dot(viewMatrix[1].xyz, normal) + 0.5;
    vec3 light = ALL + SKY * mix(ground, vec3(1.0), up) + EYE * max(0.0, normal.z);
    vec3 seen = colour * light * 0.3183 + glow;
    return mix(12.92 * seen, 1.055 * pow(seen, vec3(0.41666)) - 0.055, step(0.0031308, seen));
  }
  void main() {
    #include <begin_vertex>
    #include <project_vertex>
    #include <clipping_planes_vertex>
    vec3 turned = normalize(normalMatrix * normal);
    vFront = lit(turned);
    vBack = lit(-turned);
  }`;

const FRAGMENT = `
  #include <clipping_planes_pars_fragment>
  uniform vec3 cut;
  uniform bool opened;
  uniform float opacity;
  varying vec3 vFront;
  varying vec3 vBack;
  void main() {
    #include <clipping_planes_fragment>
    gl_FragColor = vec4(gl_FrontFacing ? vFront : opened ? cut : vBack, opacity);
  }`;

/** The colour that a section through a body has. */
export const cutColour = (colour: Color) => colour.clone().lerp(new Color('#ffffff'), 0.18);

export interface PlainLook {
  colour: Color;
  glow: Color;
  opacity: number;
  wireframe: boolean;
}

export class PlainMaterial extends ShaderMaterial {
  constructor(private readonly solid: boolean) {
    super({
      side: DoubleSide,
      forceSinglePass: true,
      clipping: true,
      defines: { ALL: LIGHTS.all.toFixed(2), SKY: LIGHTS.sky.toFixed(2), EYE: LIGHTS.eye.toFixed(2) },
      uniforms: {
        colour: { value: new Color() },
        glow: { value: new Color() },
        ground: { value: new Color(LIGHTS.ground) },
        cut: { value: new Color() },
        opened: { value: false },
        opacity: { value: 1 },
      },
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      polygonOffset: true,
      polygonOffsetFactor: solid ? 1 : -1,
      polygonOffsetUnits: solid ? 1 : -4,
    });
  }

  dress({ colour, glow, opacity, wireframe }: PlainLook): void {
    this.uniforms.colour.value = colour;
    this.uniforms.glow.value = glow;
    // Colours of uniforms are linear; this one goes to the screen as it is.
    const cut = cutColour(colour).getRGB({ r: 0, g: 0, b: 0 }, SRGBColorSpace);
    this.uniforms.cut.value = new Color().setRGB(cut.r, cut.g, cut.b);
    this.uniforms.opacity.value = opacity;
    this.transparent = opacity < 1;
    this.depthWrite = opacity === 1;
    this.wireframe = wireframe;
  }

  clip(planes: Plane[]): void {
    this.clippingPlanes = planes;
    this.uniforms.opened.value = this.solid && planes.length > 0;
  }
}
