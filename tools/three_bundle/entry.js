// What the page in web/ uses of three.js; `npm run build` bundles it (README.md).
export {
  ACESFilmicToneMapping, AmbientLight, Box3, BufferAttribute, BufferGeometry, CanvasTexture, Clock,
  Color, DirectionalLight, Group, HemisphereLight, Mesh, MeshPhysicalMaterial, MeshStandardMaterial,
  NoToneMapping, PCFShadowMap, PerspectiveCamera, Scene, SRGBColorSpace, Vector3, WebGLRenderer,
} from "three";
export { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
export { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
