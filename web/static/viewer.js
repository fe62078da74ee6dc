// The stage: the face, the light on it, and what moves by itself.
import * as THREE from "./three.min.js";

const BLINK_SECONDS = 0.24;
const SLOW_FRAME = 0.07;
// Windows below this width, in pixels, have the panel below the face (style.css).
const NARROW = 720;
const CHANGE_SECONDS = 0.7;
// The face turns to this side and back, in radians, once in so many seconds.
const SWAY = { angle: 0.55, seconds: 9 };

export class Viewer {
  constructor(canvas) {
    this.renderer = new THREE.WebGLRenderer({
      canvas,
      antialias: true,
      alpha: true,
      preserveDrawingBuffer: true,
    });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = THREE.PCFShadowMap;
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(24, 1, 0.05, 10);
    this.controls = new THREE.OrbitControls(this.camera, canvas);
    Object.assign(this.controls, {
      enableDamping: true,
      enablePan: false,
      minDistance: 0.45,
      maxDistance: 2.5,
    });
    this.head = new THREE.Group();
    this.scene.add(this.head);
    this.lights = makeLights(this.scene);
    this.swaying = this.blinking = true;
    this.blink = 0;
    this.nextBlink = 2;
    this.phase = 0;
    this.strengths = {};
    this.lastTime = performance.now() / 1000;
    // Nothing is drawn while nothing changes, and while a photograph needs the processor.
    this.dirty = true;
    this.resting = false;
    this.nextFrame = 0;
    this.controls.addEventListener("change", () => {
      this.dirty = true;
    });
    addEventListener("resize", () => {
      this.dirty = true;
    });
    this.renderer.setAnimationLoop((now) => this.frame(now / 1000));
  }

  // Loads the file of the mean face, whose surface is replaced by other people's.
  async load(url) {
    const { scene } = await new THREE.GLTFLoader().loadAsync(url);
    scene.traverse((object) => {
      if (object.isMesh) this.mesh = object;
    });
    const old = this.mesh.material;
    // Skin is not quite rough; what a viewer of the file shows is the material of the file.
    this.mesh.material = new THREE.MeshPhysicalMaterial({
      vertexColors: true,
      roughness: 0.56,
      metalness: 0,
      specularIntensity: 0.45,
      side: old.side,
      shadowSide: THREE.BackSide,
    });
    this.mesh.castShadow = this.mesh.receiveShadow = true;
    this.mesh.frustumCulled = false;
    this.head.add(scene);
    const { position } = this.mesh.geometry.attributes;
    const box = new THREE.Box3().setFromBufferAttribute(position);
    this.middle = box.getCenter(new THREE.Vector3());
    // The head turns about its own middle, and the face is in the middle of the picture.
    scene.position.set(-this.middle.x, 0, -this.middle.z);
    this.height = box.max.y - box.min.y;
    this.look();
    return Object.keys(this.mesh.morphTargetDictionary ?? {});
  }

  // Puts the camera back in front of the face.
  look() {
    this.controls.target.set(0, this.middle.y + 0.028, 0);
    this.camera.position.set(0, this.middle.y + 0.04, 3.05 * this.height);
    this.phase = 0;
    this.dirty = true;
  }

  // Shows a surface as the server sends it; at once, or in a moment that can be seen.
  show(buffer, slowly) {
    const { position, color } = this.mesh.geometry.attributes;
    const vertices = position.count;
    const target = {
      position: new Float32Array(buffer, 0, 3 * vertices),
      color: new Uint16Array(buffer, 12 * vertices, 4 * vertices),
    };
    if (slowly) {
      this.change = {
        from: { position: position.array.slice(), color: color.array.slice() },
        target,
        done: 0,
      };
    } else {
      this.change = null;
      this.put(target.position, target.color);
    }
  }

  put(positions, colors) {
    const { position, color, normal } = this.mesh.geometry.attributes;
    position.array.set(positions);
    color.array.set(colors);
    position.needsUpdate = color.needsUpdate = normal.needsUpdate = true;
    this.mesh.geometry.computeVertexNormals();
    this.dirty = true;
  }

  setStrengths(strengths) {
    this.strengths = strengths;
    this.dirty = true;
  }

  // Where the vertex lies now, expressions included, in meters; for tests.
  vertex(index) {
    return this.mesh.getVertexPosition(index, new THREE.Vector3()).toArray();
  }

  setLight({ side, height, fill, brightness }) {
    const key = this.lights.key.position;
    key
      .set(Math.sin(side) * Math.cos(height), Math.sin(height), Math.cos(side) * Math.cos(height))
      .multiplyScalar(2);
    key.y += this.middle?.y ?? 0;
    this.lights.key.intensity = 2.75 * brightness;
    this.lights.fill.intensity = 0.9 * fill * brightness;
    this.lights.sky.intensity = 1.05 * (0.25 + 0.75 * fill) * brightness;
    this.lights.rim.intensity = 1.1 * brightness;
    this.dirty = true;
  }

  // A picture of the face as a PNG file, on a backdrop.
  picture() {
    this.render();
    const source = this.renderer.domElement;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [source.width, source.height];
    const context = canvas.getContext("2d");
    const { width, height } = canvas;
    const backdrop = context.createRadialGradient(
      width / 2,
      0.38 * height,
      0,
      width / 2,
      0.38 * height,
      0.7 * width,
    );
    backdrop.addColorStop(0, "#fbf9f6");
    backdrop.addColorStop(0.5, "#e9e3dc");
    backdrop.addColorStop(1, "#c9bfb5");
    context.fillStyle = backdrop;
    context.fillRect(0, 0, width, height);
    context.drawImage(source, 0, 0);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  frame(now) {
    if (!this.mesh || this.resting || now < this.nextFrame) return;
    const seconds = now - this.lastTime;
    this.lastTime = now;
    // Without a GPU a frame takes long, on the cores that reconstruct faces: leave some of them free.
    this.nextFrame = seconds > SLOW_FRAME && seconds < 1 ? now + seconds : 0;
    this.moveOn(Math.min(seconds, 0.1), now);
    this.onFrame?.(now);
    this.controls.update();
    if (!this.dirty) return;
    this.dirty = false;
    this.express();
    this.render();
  }

  moveOn(seconds, now) {
    const before = [this.head.rotation.y, this.blink];
    if (this.swaying) {
      this.phase += (2 * Math.PI * seconds) / SWAY.seconds;
      this.head.rotation.y = SWAY.angle * Math.sin(this.phase);
    } else {
      const angle = this.head.rotation.y * Math.exp(-6 * seconds);
      this.head.rotation.y = Math.abs(angle) < 1e-3 ? 0 : angle;
    }
    if (this.blinking && now > this.nextBlink) this.nextBlink = now + 2.2 + 3.2 * Math.random();
    const left = this.nextBlink - now;
    this.blink =
      this.blinking && left < BLINK_SECONDS ? Math.sin((Math.PI * left) / BLINK_SECONDS) : 0;
    if (this.change) this.changeOn(seconds);
    if (before[0] !== this.head.rotation.y || before[1] !== this.blink) this.dirty = true;
  }

  changeOn(seconds) {
    const { from, target } = this.change;
    this.change.done = Math.min(this.change.done + seconds / CHANGE_SECONDS, 1);
    const t = this.change.done ** 2 * (3 - 2 * this.change.done);
    if (this.change.done === 1) this.change = null;
    this.put(mixed(from.position, target.position, t), mixed(from.color, target.color, t));
  }

  express() {
    const { morphTargetDictionary: index, morphTargetInfluences: influences } = this.mesh;
    if (!index) return;
    influences.fill(0);
    for (const [name, strength] of Object.entries(this.strengths))
      influences[index[name]] = strength;
    for (const name of ["eyeBlinkLeft", "eyeBlinkRight"]) {
      if (name in index) influences[index[name]] = Math.max(influences[index[name]], this.blink);
    }
  }

  render() {
    const { clientWidth: width, clientHeight: height } = this.renderer.domElement;
    const ratio = Math.min(window.devicePixelRatio, 2);
    if (this.width !== width || this.heightPixels !== height) {
      [this.width, this.heightPixels] = [width, height];
      this.renderer.setPixelRatio(ratio);
      this.renderer.setSize(width, height, false);
      this.camera.aspect = width / height;
      this.camera.fov = 24;
      this.camera.clearViewOffset();
      if (width < NARROW) {
        // The face must fit the width, above the panel.
        this.camera.fov = 40;
        this.camera.setViewOffset(width, height, 0, 0.17 * height, width, height);
      }
      this.camera.updateProjectionMatrix();
    }
    this.renderer.render(this.scene, this.camera);
  }
}

function makeLights(scene) {
  const key = new THREE.DirectionalLight("#fff4e8", 2.5);
  key.castShadow = true;
  key.shadow.mapSize.set(2048, 2048);
  Object.assign(key.shadow.camera, {
    left: -0.25,
    right: 0.25,
    top: 0.25,
    bottom: -0.25,
    near: 1,
    far: 3,
  });
  key.shadow.radius = 5;
  key.shadow.bias = -0.0006;
  key.shadow.normalBias = 0.0015;
  key.shadow.intensity = 0.75;
  const fill = new THREE.DirectionalLight("#e6efff", 0.8);
  fill.position.set(1.6, 0.2, 1.5);
  const rim = new THREE.DirectionalLight("#ffffff", 1);
  rim.position.set(0.8, 1.2, -1.6);
  const sky = new THREE.HemisphereLight("#ffffff", "#c9a890", 1);
  scene.add(key, fill, rim, sky);
  return { key, fill, rim, sky };
}

function mixed(from, to, t) {
  const result = new from.constructor(from.length);
  for (let k = 0; k < result.length; k++) result[k] = from[k] + t * (to[k] - from[k]);
  return result;
}
