@echo off
rem Starts jnpu on Windows: finds a Java 25, builds the application if it is not there, runs it.
rem
rem   JNPU_JAVA        the java.exe to use
rem   JNPU_JAVA_OPTS   more options for it, such as -Xmx4g
rem   JNPU_NO_BUILD=1  never build, use the jar that is there
rem
rem Unlike the launcher for Unix it does not notice that sources have changed: run "mvn package" after that.
setlocal EnableExtensions DisableDelayedExpansion
set "JNPU_FOLDER=%~dp0"
set "JNPU_TARGET=%JNPU_FOLDER%vertx-server\target"
set "JNPU_JAR=%JNPU_TARGET%\jnpu.jar"
set "JAVA_EXE="

if defined JNPU_JAVA (
  set "JAVA_EXE=%JNPU_JAVA%"
  goto found
)
if defined JAVA_HOME call :try "%JAVA_HOME%"
if not defined JAVA_EXE for %%J in (java.exe) do if not "%%~$PATH:J"=="" call :try "%%~dp$PATH:J.."
if not defined JAVA_EXE for %%D in (
  "%ProgramFiles%\Eclipse Adoptium"
  "%ProgramFiles%\Java"
  "%ProgramFiles%\Microsoft"
  "%ProgramFiles%\Zulu"
  "%ProgramFiles%\BellSoft"
  "%ProgramFiles%\Amazon Corretto"
  "%LOCALAPPDATA%\Programs\Eclipse Adoptium"
  "%USERPROFILE%\.jdks"
  "%USERPROFILE%\scoop\apps"
) do call :search "%%~D"
if not defined JAVA_EXE (
  echo Error: jnpu needs Java 25 or newer and finds none; install one ^(https://adoptium.net^) or set JAVA_HOME to it 1>&2
  exit /b 1
)

:found
if exist "%JNPU_JAR%" goto start
if "%JNPU_NO_BUILD%"=="1" (
  echo Error: "%JNPU_JAR%" is missing and JNPU_NO_BUILD=1 forbids to build it 1>&2
  exit /b 1
)
where mvn >nul 2>nul
if errorlevel 1 (
  echo Error: jnpu is not built yet and there is no Maven ^(mvn^); install it, or build elsewhere with "mvn package" 1>&2
  exit /b 1
)
if not exist "%JNPU_TARGET%" mkdir "%JNPU_TARGET%"
echo Building jnpu (once; log: %JNPU_TARGET%\jnpu-build.log) 1>&2
pushd "%JNPU_FOLDER%"
call mvn -B -ntp -DskipTests -Dspotless.check.skip=true -pl vertx-server -am package >"%JNPU_TARGET%\jnpu-build.log" 2>&1 <nul
set "BUILD_CODE=%ERRORLEVEL%"
popd
if not "%BUILD_CODE%"=="0" (
  echo Error: the build failed; see "%JNPU_TARGET%\jnpu-build.log" 1>&2
  exit /b 1
)

:start
rem The options are explained in the launcher for Unix, the file "jnpu".
"%JAVA_EXE%" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xms64m -XX:+AutoCreateSharedArchive "-XX:SharedArchiveFile=%JNPU_TARGET%\jnpu.jsa" -Xlog:disable -Xlog:all=warning,cds*=off,aot*=off:stderr %JNPU_JAVA_OPTS% -jar "%JNPU_JAR%" %*
exit /b %ERRORLEVEL%

rem Looks through a vendor's folder: its JDKs lie one level below, scoop's in "current" below that.
:search
if defined JAVA_EXE exit /b 0
if not exist "%~1\" exit /b 0
for /d %%J in ("%~1\*") do (
  call :try "%%~J"
  call :try "%%~J\current"
)
exit /b 0

rem Takes the JDK or JRE in a folder if its "release" file says that it is new enough.
:try
if defined JAVA_EXE exit /b 0
if not exist "%~1\bin\java.exe" exit /b 0
if not exist "%~1\release" exit /b 0
set "VERSION="
for /f "usebackq tokens=2 delims==" %%V in (`findstr /b "JAVA_VERSION=" "%~1\release"`) do set "VERSION=%%~V"
if not defined VERSION exit /b 0
set "MAJOR=0"
for /f "delims=.+-_" %%M in ("%VERSION%") do set "MAJOR=%%M"
if %MAJOR% GEQ 25 set "JAVA_EXE=%~1\bin\java.exe"
exit /b 0
