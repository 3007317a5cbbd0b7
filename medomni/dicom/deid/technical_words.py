"""Words of technical attributes, in small letters: defined terms of PS3.3 (C.7.6.1.1.2, C.8.3.1, C.8.7, C.8.13, C.8.15,
C.8.16, C.11.1.1.2), and makers, models, kernels, sequences, coils and programs as makers' conformance statements print
them. None is left out of a text for being rare; a word that is not here may be anybody's name.
"""

from __future__ import annotations

from medomni.dicom.codes import BODY_PARTS, MODALITIES
from medomni.dicom.deid.descriptors import HARMLESS
from medomni.dicom.kinds import MAPS, OTHER_UNITS, REFORMATTED

_MAKERS = """
    acme ag agfa aloka bruker canon carestream circle co company corp corporation cti cytiva dcm4che dcmqi dcmtk
    devices dicom dicomatic electric electronics elekta esaote fonar fuji fujifilm gdcm ge gehc general gevaert gmbh
    health healthcare healthineers highdicom hitachi hologic horos imaging imatron inc instera institute itk kodak
    konica konicaminolta llc lodox ltd lumedx marconi matlab medical medicalsystems medis mediso medison medomni merge
    mevis mevislab mindray minolta neurologica neusoft nifti niix nv oec offis osirix osirixlite philips picker
    planmeca pmod pydicom python qiicr research samsung sectra shimadzu siemens sirona slicer solutions sono syngo
    synthetic system systems technologies technology terarecon toshiba trophy uih united varian vatech visage vital
    vitrea vtk xoran yxlon zeiss ziehm
"""
_MODELS = """
    achieva acuson advance advantage aera affiniti alexion allegro allura altea ambition amira amulet anatom apex
    aplio apollo aquilion archive arietta artis as asio asteion astelion atlas aura avanto axiom azurion bb biograph
    biomatrix brightspeed brilliance brivo cardio cardiographe cassette celesteion ceretom cima cirrus clarity clinix
    concerto confidence confinity confort connect console cr crystal ct cube dedicated defender definition detector
    digital digitaldiagnost dimension dimensions discover discovery dr dream drf drive drx dstream dual duo dxd edge
    elan elevate elite elscint eminence emotion encore eos epiq espree essenta evo evolution evora exam excel exedra
    expert explore express extended fcr fidex fit flash flex focus force free freedom frontier fusion galan gantry
    gateway gemini genesis go gold gyroscan harmony hawkeye hd hdi hdx hdxt healthtech healthview hercules highspeed
    hispeed holder horizon ict ie incisive infinia infinity infinix ingenia ingenuity innova instinct integrated
    integris intera intevo inveon iq iqon iu ivent jupiter leap light lightspeed logiq lumina luminos lunar lx magna
    magnetom mammo mammomat marquee master max mct millenium millennium mobile mobilediagnost mobilett modular moma
    mri multix mx mxs myosight naeotom nautilus neo neuviz nova nx oasis omni omniclass omnitom one open opera opt
    optima orion pacs panorama pegasus perform performa performer perspective phantom phase plate plaza plus polestar
    power precedence precision prestige prime primus prisma pristina prizm pro profound prospect prospeed pulse px
    quantix quantum quasar quest qx radiance rapid regius revolution ring rotograph scanner scenaria scenium
    scintillator scope select selenia senograph senographe sensation sequoia server signa simulator simulix sky
    skylight skyra skyscan smart sola solus somaris somatom sonata sonialvision spectra spectral spectrum speed spiral
    star starguide station stellar stratus sup super supria symbia symphony synergy t20 tecra tenxion tim titan
    titanium trio triton triumph truebeam truepoint twin twinspeed type uct ultima ultra ultrasonix umi umr unicorn
    unity upmr vantage vario vct vereos verio verity vero versana vert vida vidi viewer viking vision vista vital
    vivid volume volumezoom voluson wireless workstation xario xeleris xl xp xper xpress xr xt xtend xtra xvision yio
    ysio zonare zoom
"""
_PROGRAMS = """
    alpha app application applications apps base beta build core dev e ext extn final gmp hde hf hotfix ice ingenia
    internal level lightspeedapps linux lx md mmwkp mmwp mr nt numaris os patch r rc recon recons rel release rev
    revision rhel service sles software som somaris sp syngo v va vb vc vd ve ver vers version vg vx win windows xa xp
"""
_KERNELS = """
    abd abdomen adaptive admire adult advanced ag aice aidr al all allpass aluminium aluminum angio asir auto back
    backprojection bf bl body bodyfilter bone boneplus bones bonestd bowtie bp bq br br36 brain butterfly butterworth
    bv cardiac chest child chst clearview cm contrast copper corrected correction cosine cu dental detail ear edge
    edgeplus enhance enhanced europium extremity fbp fc filter filtered firm fl flat fov fr fs gaus gauss gaussian
    hamming hann hanning hard hc head high hires hk hn holmium hr hv idose imr infant inner iterations iterative joint
    karl kv large lead lfov liver low lung lungs lutetium manual mediastinal mediastinum medium metz mfov mild mixed
    mlem mm mo molybdenum multiple nb neck niobium no noise none normal off on orbit osem outer parzen pass pb
    pediatric peds pelvis petrous projection psf qf qr ramlak ramp recon reconstruction reduction res resolution rh
    rhodium sa safire segmented sfov sharp shepp silver sinus small smooth sn soft softtissue spine standard
    statistical std stent strip strong tantalum temporal tin tissu tissue tof tr truex trux ua ub uc ud ue uhd uhr
    ultra unknown vascular veo very wedge wfbp wiener ya yb yc yd ye yes
"""
_SEQUENCES = """
    asfse asl b0 b1 bfe bffe blade bold brainview bravo bssfp btfe casl cine ciss contrast csi cube dce dess dicom
    dicom2nifti diff diffusion dir dixon dsc dti dwi dwise dyn dynamic echo echoplanar efgre efgre3d ep ep2d epan
    epfid epi epse excitation fade fair fase fast fastgre fat feepi ffe fgre fid field fieldmap fiesta fir fisp fl
    flair flash fldyn flex flow fm fmap fourier fq fse fspgr gr gra gradient grase grasp grass gre h half hast haste
    hfl hfse ideal inflow inhance inversion iq ir keyhole laser lava loc localizer longitudinal map mapping mde mdixon
    me medic mef meg memp mfe mode molli mp mpast mpgr mpr mprage mra mrcp ms mtc multivane nav navigator nifti none
    ns osp partial pasl pc pcasl perf perfusion petra phase planar press propeller propellermb psif psir pulse qfl
    qtfl quickstep radial radials real recalled recovery research resolve retro rm sasha saturation scanogram scout se
    seepi segmented selective senc sequence sffe shmolli sirmet sk sp space spc spcir spectroscopy spgr spin spiral
    spoiled ss ssfp st star starvibe state steady steadystate steam stir stm survey surview svs swan swi t1tfe t2tfe
    tfe tfeepi tffe tfi tfl tgse thrive time tir tirm tmsc tof topogram tra tracking transverse tricks tricksxv
    trigger trs true trufi tse turbo turboflash twist ute vane vemp venous vfl vibe vista water wip zoomit zte
"""
_OPTIONS = """
    acc acs angle angular arc asset automa axial beam caipi caipirinha cardiac care caredose cg cl compressed cone
    conebeam constant continuous csense current diff dom dose doseright dual dualenergy dyn ec ecg edr energy exposure
    ext eyes fan fast fc fcfreq fcslice filtered flowcomp freehand fs gated gems grappa helical helix imspec ind ipat
    irprep jog ma man mode modulation msense nofreq npw npwrap organ per perfusion pff pfp pitch ppg prospective ramp
    resp respiratory retrospective rg rotate sat satgems scout sense seq sequence sequenced sfs sft shoot shuttle
    single smart smartma source sp spectral spiral stationary step stepandshoot sts sureexp sureexposure table tmsc
    trf triggered tube tuned vasctof vm vol volume wide xyz z zdom zec zip
"""
_KINDS = """
    1ps a abdominal ac acid adc add anatomy angio anisotropic anisotropy attenuated attenuation attn average axial b
    basic bestdiast bestsyst binary biplane bitmap body bold calcium capture cardiac cardresp cbf cbv cc colfa color
    colour combined composed composite conventional corrected correction cpr csa csaparallel csi ct curved
    decomposition density derived dev deviation diast diastolic diff diffusion dis dis2d dis3d displaced dose ds
    dynamic eadc emission encoded endocavitary energy enhanced epicardial error evi exp fa factor fat field fil
    filtered fit fitted flow fm3 for fractional frame frontal functional fused fusion gated gbp generated gsp
    gynecological i iauc image imaginary implant in info inphase instance intensity intracardiac intravascular iodine
    isotropic ivi kep ktrans label labelmap lateral left loc localizer m magnitude map mask maskimage material maximum
    mean medicine metabolite mfsplit minimum minip mip mixed mlo moco mon mono monoenergetic mosaic mpr mra mtt multi
    multiplanar nac nd nearest non noncontrast none norm normalized nuclear obstetrical oncology onko opp opphase
    opposed original other out outphase overlay p page parallel parametric patient pcmr pei pelvic perfusion pet petct
    phase pj pjn plane presentation primary probability processed processing projection prot protocol proton quality
    quantitative r ratio raw rcbf rcbv real recon reformatted relaxation relcbf relcbv relmtt render rendered
    rendering report reprojection resampled residual rest retro right rmtt rotated save sc score scoring scout screen
    screenshot secondary segmentation seq series sh shaded single sinogram slab snapshot snr som4 som5 som7 spec spect
    spectct spectral spectroscopy spi spot ssd stack stackdynamic static std stereo stress sub subtraction sum summary
    surface svs swi synth synthetic syst systolic t1 t2 t2star tensor tested thick thin tmax tof tomo tomographic
    tomosynthesis top trace tracew transesophageal transmission transthoracic ttp uncorrected unprocessed uric
    vascular ve velocity view virtual vmi volume volumerendering vrt water wb whole wholebody
"""
_REST = """
    129xe 13c 16ch 19f 1cm 1h 23na 31p 32ch 3he 7li 8ch acanthion algorithm amorphous and angio ankle anon ant
    anterior array auditory auto automatic bc birdcage body bodypart bqml breast by canthomeatal cardiac ch channel
    circular cm2ml cnts coil coils corner costal counting counts cp cps crest csi custom dcmqi deep default direct ea
    ed editor edw element elements endorectal external extremity eye film flex flexible foot for gas glabella gml gos
    growing hap hbody hea head headneck hep hna hnp hns hnsbody hnscsp houndsfield hounsfeld hounsfield hr hrbrain hu
    hz ic iliac indirect knee landmark large learning left lesion lesions lm lower manual margin matrix meatal meatus
    medium medsam mgmin mgml min ml mlg mlming mm2 mod model monai ms nasion nea neck network neural nnunet nodule
    nodules normal notch od of off om orbital orbito orbitomeatal organ organs pa paint pct pe percent peripheral
    phased phosphor photon pl post posterior ppm procnts propcnts pubis qb qbody quad quadhead quadrature rad reader
    receive region rf right rx s scintillator sec segment segmentation selenium semiautomatic sense shoulder silicon
    slicer slicereditor small sn software solenoid solid sp spine sternal storage surface symphysis the threshold
    thresholding to tool torso torsopa totalsegmentator tr transmit ts tumor tumour tx umolmin unet unit units
    unspecified upper us user value vertex vista volume with without wrist xc xenon xiphoid xy
"""
_WINDOWS = """
    abd abdomen abdominal algo angio angiography auto average becken bone bones bowel brain breast bronchial cardiac
    cerebro cerveau chest colon contrast ct cta custom default dental ear embolism enhanced extremity fegato fenster
    flair foie fossa full hals harder head heart higado hirn hot hueso inner joint kidney knochen larynx leber linear
    liver lung lunge lungen lungs max mediastinal mediastinum metal min minmax molles mr narrow neck normal orbit
    original os osso pancreas parties pediatric pelvis pet petrous posterior poumon preset pulmon pulmonary pulmone
    range schaedel sigmoid sinus sinuses soft softer softtissue spine spleen standard stroke subdural t1 t2 temporal
    tissue user vascular vessel vessels wc weichteil weichteile weichteilfenster wide window windows wl ww
"""
WINDOWS = frozenset(_WINDOWS.split())
"""Names of windows, as WindowCenterWidthExplanation (0028,1055) has them, also in German, French, Spanish, Italian."""

TERMS = HARMLESS | frozenset(" ".join((
    _MAKERS, _MODELS, _PROGRAMS, _KERNELS, _SEQUENCES, _OPTIONS, _KINDS, _REST)).split()) | {
    part.lower() for word in BODY_PARTS | MODALITIES | MAPS | OTHER_UNITS | REFORMATTED for part in word.split("_")}
"""Words of every other technical attribute."""
