/* main.tsx: where the page begins. */
import { render } from "preact";
import { Frame } from "./parts/frame";
import { start } from "./state";
import "./style/base.css";
import "./style/frame.css";
import "./style/views.css";

const place = document.getElementById("page")!;
start(() => render(<Frame />, place));
