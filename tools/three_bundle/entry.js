// What the page in web/ uses of three.js; `npm run build` bundles it (README.md).
export {
  BackSide, Box3, Color, DirectionalLight, Group, HemisphereLight, MeshPhysicalMaterial,
  PCFShadowMap, PerspectiveCamera, Scene, Vector3, WebGLRenderer,
} from "three";
export { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
export { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
