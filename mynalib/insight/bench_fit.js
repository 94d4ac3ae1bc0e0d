// 図を、置かれたところの幅に合わせる。plotly の図は、画面に置かれる前に決まった幅で描かれ、窓の大きさが変わったときだけ描き直す。
export default {
  render({ el }) {
    el.style.width = "100%";
    const watch = new ResizeObserver(() => window.dispatchEvent(new Event("resize")));
    watch.observe(el);
    return () => watch.disconnect();
  },
};
